import Access
import Foundation
import FoundationNetworking
import Synchronization
import Tenants
import Testing
import Vocabulary

@testable import DataPlane

/// Pushes of replicas' offline writes, from the socket to the engine and back.
@Suite struct PushTests {
    private struct Answer {
        var status: Int
        var body: String
        var json: JSON { JSON(body) }
        var bytes: [UInt8]
        var bookmark: String?
    }

    private func send(
        _ door: HranaDoor, _ path: String, _ body: [UInt8]? = nil, token: String? = nil
    ) async throws -> Answer {
        var request = URLRequest(url: URL(string: "http://127.0.0.1:\(door.door.port)/t/acme/\(path)")!)
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        if let body {
            request.httpMethod = "POST"
            request.httpBody = Data(body)
        }
        let session = URLSession(configuration: .ephemeral)
        defer { session.invalidateAndCancel() }
        let (data, response) = try await session.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        return Answer(
            status: answer.statusCode, body: String(decoding: data, as: UTF8.self), bytes: Array(data),
            bookmark: answer.value(forHTTPHeaderField: "Rowhouse-Bookmark"))
    }

    private final class Numbers: Sendable {
        private let last = Atomic<UInt32>(6)
        func next() -> UInt32 { last.add(2, ordering: .relaxed).newValue }
    }

    /// A commit that changes nothing but the application's number, as a replica that began with generation 8 makes it.
    private func frame(_ door: HranaDoor, number: UInt8, token: String? = nil) async throws -> [UInt8] {
        _ = try await send(door, "info", token: token)
        let base = try await send(door, "export/8", token: token).bytes
        var page = Array(base.prefix(4096))
        page[71] = number
        return Self.header(1, UInt32(base.count / 4096)) + page
    }

    private static func header(_ page: UInt32, _ size: UInt32) -> [UInt8] {
        let numbers = [page, size].flatMap { number in
            (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
        }
        return numbers + [UInt8](repeating: 0, count: 16)
    }

    private func applicationID(_ door: HranaDoor) async throws -> String {
        try await door.ask(post("/t/acme/query", #"{"sql": "PRAGMA application_id"}"#)).body
    }

    @Test func `a push is taken once, and what stands on something else is a conflict`() async throws {
        let numbers = Numbers()
        try await HranaDoor.open({ $0.replicaGenerations = { _ in numbers.next() } }) { door in
            let frame = try await frame(door, number: 7)
            for _ in 0..<2 {
                let taken = try await send(door, "sync/8/1/2", frame)
                #expect(taken.status == 200 && taken.body == #"{"status":"ok","generation":8,"max_frame_no":1}"#)
                #expect(taken.bookmark != nil)
            }
            #expect(try await applicationID(door).contains(#""rows":[[7]]"#))
            let other = try await self.frame(door, number: 9)
            let conflict = try await send(door, "sync/8/1/2", other)
            #expect(conflict.status == 200)
            #expect(conflict.body == #"{"status":"conflict","generation":8,"max_frame_no":1}"#)
            #expect(try await applicationID(door).contains(#""rows":[[7]]"#))
            #expect(try await send(door, "sync/8/1/129").bytes.count == 4_120, "others get it")
            // A part of a commit, and what it is given to go on with.
            let part = try await send(door, "sync/8/2/3", Self.header(2, 0) + [UInt8](repeating: 1, count: 4096))
            let baton = try #require(part.json["baton"].string)
            #expect(part.body == #"{"status":"ok","generation":8,"max_frame_no":2,"baton":"\#(baton)"}"#)
            let lost = try await send(door, "sync/8/3/4/nobodys", frame)
            #expect(lost.body == #"{"status":"ok","generation":8,"max_frame_no":0}"#)
            let refused = try await send(door, "sync/8/3/4/\(baton)", frame)
            #expect(refused.status == 422 && refused.json["code"].string == "PUSH_REFUSED", "\(refused.body)")
        }
    }

    @Test func `what is no push is told so`() async throws {
        let numbers = Numbers()
        try await HranaDoor.open({ $0.replicaGenerations = { _ in numbers.next() } }) { door in
            let frame = try await frame(door, number: 7)
            let pushes: [(String, [UInt8], Int, String)] = [
                ("sync/8/1/2", [], 400, "PUSH_INVALID"), ("sync/8/1/3", frame, 400, "PUSH_INVALID"),
                ("sync/8/2/1", frame, 400, "PUSH_INVALID"), ("sync/8/0/1", frame, 400, "PUSH_INVALID"),
                ("sync/8/0/4294967295", frame, 400, "PUSH_INVALID"),
                ("sync/10/1/2", frame, 410, "REPLICA_UNKNOWN"), ("sync/8/1", frame, 404, "NOT_FOUND"),
                ("sync/8/1/2/3/4", frame, 404, "NOT_FOUND"),
                ("sync/8/1/2", Self.header(2, 2) + frame[24...], 422, "PUSH_REFUSED"),
            ]
            for (path, body, status, code) in pushes {
                let answer = try await send(door, path, body)
                #expect(answer.status == status && answer.json["code"].string == code, "\(path): \(answer.body)")
            }
            #expect(try await send(door, "sync/6/1/2", frame).json["status"].string == "conflict")
        }
    }

    @Test func `who may read only does not push`() async throws {
        let tokens = try Tokens()
        let numbers = Numbers()
        try await HranaDoor.open(
            authenticator: tokens.authenticator, { $0.replicaGenerations = { _ in numbers.next() } }
        ) { door in
            let reader = try tokens.make(HranaHouse.tenant, "acme", .read)
            let writer = try tokens.make(HranaHouse.tenant, "acme", .write)
            let frame = try await frame(door, number: 7, token: reader)
            #expect(try await send(door, "sync/8/1/2", frame).status == 401)
            let refused = try await send(door, "sync/8/1/2", frame, token: reader)
            #expect(refused.status == 403 && refused.json["code"].string == "FORBIDDEN")
            #expect(try await send(door, "sync/8/1/2", frame, token: writer).status == 200)
        }
    }

    @Test func `a node that takes no pushes says so`() async throws {
        let house = try await HranaHouse { settings, _ in settings.pushBytes = 0 }
        let numbers = Numbers()
        try await HranaDoor.open(house: house, { $0.replicaGenerations = { _ in numbers.next() } }) { door in
            let answer = try await send(door, "sync/8/1/2", try await frame(door, number: 7))
            #expect(answer.status == 409 && answer.json["code"].string == "PUSH_NOT_OFFERED")
        }
    }
}

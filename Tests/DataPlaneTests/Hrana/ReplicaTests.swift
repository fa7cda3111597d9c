import Access
import Foundation
import FoundationNetworking
import Synchronization
import Tenants
import Testing
import Vocabulary

@testable import DataPlane

/// What embedded replicas are answered, from the socket to the engine and back.
@Suite struct ReplicaTests {
    private struct Answer {
        var status: Int
        var type: String?
        var bytes: [UInt8]
        var body: String { String(decoding: bytes, as: UTF8.self) }
    }

    private func get(_ door: HranaDoor, _ path: String, token: String? = nil) async throws -> Answer {
        var request = URLRequest(url: URL(string: "http://127.0.0.1:\(door.door.port)\(path)")!)
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        request.cachePolicy = .reloadIgnoringLocalAndRemoteCacheData
        let session = URLSession(configuration: .ephemeral)
        defer { session.invalidateAndCancel() }
        let (data, response) = try await session.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        return Answer(
            status: answer.statusCode, type: answer.value(forHTTPHeaderField: "Content-Type"), bytes: Array(data))
    }

    private func open(_ body: @escaping @Sendable (HranaDoor) async throws -> Void) async throws {
        let numbers = Numbers()
        try await HranaDoor.open({ $0.replicaGenerations = { _ in numbers.next() } }, body)
    }

    private final class Numbers: Sendable {
        private let last = Atomic<UInt32>(6)
        func next() -> UInt32 { last.add(2, ordering: .relaxed).newValue }
    }

    @Test func `a replica begins, has everything, and gets what comes then`() async throws {
        try await open { door in
            let info = try await get(door, "/t/acme/info")
            #expect(info.status == 200 && info.type == "application/json")
            #expect(info.body == #"{"current_generation":8}"#)
            let export = try await get(door, "/t/acme/export/8")
            #expect(export.status == 200 && export.type == "application/vnd.sqlite3")
            #expect(export.bytes.count % 4096 == 0 && export.bytes[18] == 2 && export.bytes[19] == 2)
            let none = try await get(door, "/t/acme/sync/8/1/129")
            #expect(none.status == 400 && none.body == #"{"generation":8}"#)
            _ = try await door.ask(post("/t/acme/query", #"{"sql": "INSERT INTO t(v) VALUES ('one')"}"#))
            let frames = try await get(door, "/t/acme/sync/8/1/129")
            #expect(frames.status == 200 && frames.type == "application/octet-stream")
            #expect(!frames.bytes.isEmpty && frames.bytes.count % 4_120 == 0)
            let next = frames.bytes.count / 4_120 + 1
            #expect(try await get(door, "/t/acme/sync/8/\(next)/\(next + 128)").status == 400)
            // The same frames mean the same for ever.
            #expect(try await get(door, "/t/acme/sync/8/1/129").bytes == frames.bytes)
            let passage = try await get(door, "/t/acme/sync/7/1/129")
            #expect(passage.status == 200 && passage.bytes.count / 4_120 == export.bytes.count / 4_096)
            let older = try await get(door, "/t/acme/sync/3/77/205")
            #expect(older.status == 400 && older.body == #"{"generation":8}"#)
        }
    }

    @Test func `what a replica cannot have is told in a form that its client shows`() async throws {
        try await open { door in
            _ = try await get(door, "/t/acme/info")
            for path in ["sync/8/2/130", "sync/9/1/129", "sync/8/0/128", "sync/8/5/5", "sync/4294967295/1/2"] {
                let answer = try await get(door, "/t/acme/\(path)")
                #expect(answer.status == 410 && JSON(answer.body)["code"].string == "REPLICA_UNKNOWN", "\(path)")
            }
            #expect(JSON(try await get(door, "/t/acme/export/6").body)["code"].string == "REPLICA_OUT_OF_DATE")
            for path in [
                "sync/8/1", "sync/8/1/x", "sync/8/-1/9", "sync/4294967296/1/2", "export", "export/+8",
                "sync/8/1/",
            ] {
                let answer = try await get(door, "/t/acme/\(path)")
                #expect(answer.status == 404 && JSON(answer.body)["code"].string == "NOT_FOUND", "\(path)")
            }
            #expect(try await get(door, "/t/nobody/info").status == 404)
        }
    }

    @Test func `without room on the disk there are no replicas, and all else is as it was`() async throws {
        let house = try await HranaHouse { settings, _ in settings.replicaBytes = 0 }
        try await HranaDoor.open(house: house) { door in
            #expect(try await get(door, "/t/acme/info").status == 404)
            let answer = try await door.ask(post("/t/acme/query", #"{"sql": "INSERT INTO t(v) VALUES ('one')"}"#))
            #expect(answer.status == 200)
        }
    }

    @Test func `who may read may have replicas, others not`() async throws {
        let tokens = try Tokens()
        let numbers = Numbers()
        try await HranaDoor.open(
            authenticator: tokens.authenticator, { $0.replicaGenerations = { _ in numbers.next() } }
        ) { door in
            let reader = try tokens.make(HranaHouse.tenant, "acme", .read)
            #expect(try await get(door, "/t/acme/info", token: reader).status == 200)
            #expect(try await get(door, "/t/acme/sync/8/1/129", token: reader).body == #"{"generation":8}"#)
            for path in ["info", "export/8", "sync/8/1/129"] {
                #expect(try await get(door, "/t/acme/\(path)").status == 401)
                #expect(try await get(door, "/t/nobody/\(path)", token: reader).status == 403)
            }
        }
    }

    @Test func `without a number from the catalog nothing begins`() async throws {
        try await HranaDoor.open { door in
            let answer = try await get(door, "/t/acme/info")
            #expect(answer.status == 503 && JSON(answer.body)["code"].string == "CATALOG_UNAVAILABLE")
        }
    }
}

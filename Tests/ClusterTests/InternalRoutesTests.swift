import Access
import AsyncHTTPClient
import Catalog
import Cluster
import Foundation
import HTTPTypes
import NIOCore
import NIOHTTP1
import Residents
import Seams
import Simulator
import Tenants
import Testing
import Vocabulary

@testable import ControlPlane

/// The routes that only nodes may see.
@Suite(.timeLimit(.minutes(2)))
struct InternalRoutesTests {
    private static func signature(
        _ method: String, _ path: String, _ body: String, key: ClusterKey = RelayWorld.clusterKey,
        time: any TimeSource = SystemTime()
    ) -> [(String, String)] {
        let body = SignedRequest.Body.of(Array(body.utf8))
        guard case .sha256(let digest) = body else { return [] }
        let request = SignedRequest(method: method, path: path, body: body)
        return [
            (InternalHeaders.digest, Base64URL.encode(digest)),
            (InternalHeaders.signature, ClusterSigner(key: key, time: time, random: SystemRandom()).sign(request)),
        ]
    }

    /// What is at a path that does not exist, but for the request's id.
    private static func shape(_ answer: RelayWorld.Answer) -> [String] {
        let names = answer.headers.map { $0.name.lowercased() }.filter { $0 != "date" }.sorted()
        // The order of an object's members means nothing.
        let members = answer.body.replacing(/"requestID":"[0-9a-f]*"/, with: "").split(separator: /[,{}]+/)
        return ["\(answer.status)"] + members.map(String.init).sorted() + names
    }

    @Test func `a node says what it is`() async throws {
        try await NodeHouse.serve { house, door, world in
            let answer = try await world.ask(
                door, InternalPaths.ping, method: .GET, body: nil,
                headers: Self.signature("GET", InternalPaths.ping, ""))
            #expect(answer.status == 200)
            #expect(try JSONDecoder().decode(PingObject.self, from: Data(answer.body.utf8)) == house.ping)
        }
    }

    @Test func `to everybody else there is nothing there`() async throws {
        try await NodeHouse.serve { house, door, world in
            let nothing = Self.shape(try await world.ask(door, "/.rowhouse/none", body: "x"))
            #expect(nothing.first == "404")
            let path = InternalPaths.catalog
            let key = try ClusterKey(Array("another key, that nobody here knows".utf8))
            let late = ManualTime(wallMilliseconds: SystemTime().wall().milliseconds - 40_000)
            let once = Self.signature("POST", path, "y")
            let genuine = Self.signature("POST", path, "x")
            _ = try await world.ask(door, path, body: "y", headers: once)
            let attempts: [(String, [(String, String)])] = [
                ("no signature", []),
                ("nonsense", [(InternalHeaders.signature, "1.2.3.4")]),
                ("nonsense beside a digest", [(InternalHeaders.signature, "1.2.3.4"), genuine[0]]),
                ("no digest", [genuine[1]]),
                ("another digest", [Self.signature("POST", path, "z")[0], genuine[1]]),
                ("another key", Self.signature("POST", path, "x", key: key)),
                ("another body", Self.signature("POST", path, "z")),
                ("another path", Self.signature("POST", InternalPaths.ping, "x")),
                ("another query", Self.signature("POST", path + "?a", "x")),
                ("another method", Self.signature("PUT", path, "x")),
                ("too old", Self.signature("POST", path, "x", time: late)),
            ]
            for (what, headers) in attempts {
                let answer = try await world.ask(door, path, body: "x", headers: headers)
                #expect(Self.shape(answer) == nothing, "\(what)")
            }
            #expect(Self.shape(try await world.ask(door, path, body: "y", headers: once)) == nothing, "replayed")
            #expect(Self.shape(try await world.ask(door, path, method: .GET, body: nil)).first == "404")
        }
    }

    @Test func `nobody without the key makes a node wait for a body`() async throws {
        try await NodeHouse.serve { house, door, world in
            let key = try ClusterKey(Array("another key, that nobody here knows".utf8))
            let forged = Self.signature("POST", InternalPaths.catalog, "x", key: key)
            for headers in [forged, [forged[1]], [(InternalHeaders.signature, "1")], []] {
                let client = try await RawClient.connect(port: door.port, group: world.group)
                let lines = headers.map { "\($0.0): \($0.1)\r\n" }.joined()
                try await client.send(
                    "POST \(InternalPaths.catalog) HTTP/1.1\r\nHost: x\r\nContent-Length: 16000000\r\n\(lines)\r\nand so on"
                )
                #expect(try await client.until("\r\n").hasPrefix("HTTP/1.1 404"))
                try await client.leave()
            }
        }
    }

    @Test func `a body that is not the signed one is not run`() async throws {
        try await NodeHouse.serve { house, door, world in
            let row = try await house.creating("acme", on: "n1")
            let path = InternalPaths.finishCreating(row.id.description)
            let answer = try await world.ask(door, path, body: "x", headers: Self.signature("POST", path, ""))
            #expect(answer.status == 404)
            #expect(try await TenantRows(house.store).find(row.id)?.state == .creating)
        }
    }

    @Test func `what other nodes' bodies hold in memory is bounded`() async throws {
        let bodies = InternalBodies(most: 0)
        try await bodies.holding(InternalSignature.wholeBytes) {
            await #expect(throws: APIError.self) { try await bodies.holding(1) {} }
        }
        try await bodies.holding(InternalSignature.wholeBytes) {}
    }

    @Test func `a body beyond the limit is not gathered`() async throws {
        try await NodeHouse.serve { house, door, world in
            let body = String(repeating: "x", count: InternalSignature.wholeBytes + 1)
            let answer = try await world.ask(
                door, InternalPaths.catalog, body: body,
                headers: Self.signature("POST", InternalPaths.catalog, body))
            #expect(answer.status == 404)
        }
    }

    @Test func `a creation is finished by its owner, and only by it`() async throws {
        try await NodeHouse.serve { house, door, world in
            let calls = InternalCalls(transport: world.peers)
            let row = try await house.creating("acme", on: "n1")
            for _ in 0..<2 { try await calls.finishCreating(row.id, at: door.address) }
            #expect(try await TenantRows(house.store).find(row.id)?.state == .ready)
            #expect(house.engine.facts(of: row.id) != nil)
            let foreign = try await house.creating("other", on: "n2")
            await #expect(throws: PeerFailure.self) { try await calls.finishCreating(foreign.id, at: door.address) }
            #expect(try await TenantRows(house.store).find(foreign.id)?.state == .creating)
            #expect(house.engine.facts(of: foreign.id) == nil)
            #expect(await Self.code { try await calls.finishCreating(foreign.id, at: door.address) } == "moving")
            #expect(
                await Self.code { try await calls.finishCreating(TenantID(5000), at: door.address) }
                    == "tenant_not_found")
        }
    }

    @Test func `a purge takes what is deleted, and nothing that is not`() async throws {
        try await NodeHouse.serve { house, door, world in
            let calls = InternalCalls(transport: world.peers)
            let row = try await house.residents.takeUp(try await house.creating("acme", on: "n1"))
            #expect(await Self.code { try await calls.purge(row.id, at: door.address) } == "version_conflict")
            #expect(house.engine.facts(of: row.id) != nil)
            _ = try await TenantRows(house.store).delete(row.id, at: SystemTime().wall())
            for _ in 0..<2 { try await calls.purge(row.id, at: door.address) }
            #expect(house.engine.facts(of: row.id) == nil)
            #expect(try await TenantRows(house.store).find(row.id) == nil)
            // The catalog's own tenant is nobody's to purge.
            #expect(await Self.code { try await calls.purge(.catalog, at: door.address) } == "tenant_not_found")
        }
    }

    @Test func `what a call came to, as the caller's client sees it`() {
        let table: [(PeerFailure, Int, String)] = [
            (.unreachable("x"), 503, "busy"), (.outcomeUnknown("x"), 504, "outcome_unknown"),
            (.tooLarge(limit: 1), 504, "outcome_unknown"),
            (.refused(status: 421, code: "not_owner", message: ""), 503, "moving"),
            (.refused(status: 404, code: "not_found", message: ""), 503, "busy"),
            (.refused(status: 404, code: "tenant_not_found", message: "m"), 404, "tenant_not_found"),
            (.refused(status: 409, code: "tenant_exists", message: "m"), 409, "tenant_exists"),
        ]
        for (failure, status, code) in table {
            let error = ErrorTable.api(failure)
            #expect(error.status.code == status)
            #expect(error.code == code)
        }
    }

    private static func code(_ body: () async throws -> Void) async -> String? {
        do {
            try await body()
            return nil
        } catch {
            return ErrorTable.api(any: error).code
        }
    }
}

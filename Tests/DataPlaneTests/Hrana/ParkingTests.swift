import Access
import Cluster
import DataPlane
import Routing
import Seams
import Tenants
import Testing
import Vocabulary

@testable import Catalog

/// Requests that wait for their tenant's move to end, and clients that do not wait for it.
@Suite(.timeLimit(.minutes(2))) struct ParkingTests {
    private let node = NodeID("n1")!
    private let book = OwnerBook(NodeID("n1")!)

    private func parked(bytes: Int = 8 << 20) -> ParkedRequests {
        _ = book.takeUp(
            TenantRow(
                id: HranaHouse.tenant, key: try! TenantKey("acme"), schema: "default", state: .ready,
                durability: "local", labels: [:], quotas: [:], created: WallTime(milliseconds: 1_000), revision: 1,
                bytes: 0, txid: .none,
                placement: Placement(tenant: HranaHouse.tenant, owner: node, epoch: .first, version: 1)))
        var bounds = ParkingLot.Bounds()
        bounds.requestsPerTenant = 2
        bounds.bytesPerTenant = bytes
        return ParkedRequests(book: book, bounds: bounds, time: SystemTime())
    }

    private func relay(_ parked: ParkedRequests) throws -> ParkingRelay {
        let key = try ClusterKey(Array("a key for tests, long enough for it".utf8))
        let client = RelayClient(
            node: node, signer: ClusterSigner(key: key, time: SystemTime(), random: SystemRandom()),
            cache: PlacementCache(), addresses: AddressBook())
        return ParkingRelay(client: client, parked: parked)
    }

    private func eventually(_ condition: () -> Bool) async throws -> Bool {
        for _ in 0..<2000 {
            if condition() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    @Test func `what came on a WebSocket takes room as a body does`() async throws {
        let parked = parked(bytes: 10_000)
        let relay = try relay(parked)
        try await HranaDoor.open(limits: .sockets) {
            $0.relay = relay
        } _: { door in
            relay.serve(with: door.service)
            let client = try await SocketClient.ready(door)
            for stream in 1...2 { _ = try await client.call(1, #"{"type":"open_stream","stream_id":\#(stream)}"#) }
            book.turn(HranaHouse.tenant, epoch: .first, to: .allParked)
            door.house.engine.bar(HranaHouse.tenant, .moving(HranaHouse.tenant))
            let large = "SELECT '\(String(repeating: "x", count: 12_000))'"
            #expect(try await client.call(2, SocketClient.execute(large, on: 1))["error"]["code"].string == "MOVING")
            try await client.ask(3, SocketClient.execute("SELECT 1", on: 2))
            #expect(try await eventually { parked.count == 1 })
            door.house.engine.bar(HranaHouse.tenant, nil)
            book.turn(HranaHouse.tenant, epoch: .first, to: .serving)
            parked.settle(HranaHouse.tenant)
            #expect(try await client.answer()["type"].string == "response_ok")
        }
    }

    @Test func `who waits for a move and leaves gives the place up`() async throws {
        let parked = parked()
        let relay = try relay(parked)
        let body = HranaDoor.pipeline("INSERT INTO t(v) VALUES (1)")
        let request =
            "POST /t/acme/v3/pipeline HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        try await HranaDoor.open({ $0.relay = relay }) { door in
            relay.serve(with: door.service)
            book.turn(HranaHouse.tenant, epoch: .first, to: .allParked)
            door.house.engine.bar(HranaHouse.tenant, .moving(HranaHouse.tenant))
            for _ in 0..<3 {
                var clients: [Client] = []
                for number in 1...2 {
                    let client = try await door.door.connect()
                    try await client.send(request)
                    clients.append(client)
                    #expect(try await eventually { parked.count == number })
                }
                #expect(try await door.ask(request).status == 503, "all places are taken")
                for client in clients { try await client.reset() }
                #expect(try await eventually { parked.count == 0 }, "the places are free long before the wait's end")
            }
            async let waiting = door.ask(request)
            #expect(try await eventually { parked.count == 1 })
            door.house.engine.bar(HranaHouse.tenant, nil)
            book.turn(HranaHouse.tenant, epoch: .first, to: .serving)
            parked.settle(HranaHouse.tenant)
            let answer = try await waiting
            #expect(answer.status == 200, "\(answer.body)")
            let count = await door.house.execute("SELECT count(*) FROM t").value
            #expect(count == "1", "nothing of those who left was run")
        }
    }
}

import Cluster
import DataPlane
import Foundation
import NIOCore
import NIOHTTP1
import Routing
import Seams
import Testing
import Vocabulary

@testable import Catalog

/// A router that is behind: the answer 421 is for it, never for its client.
@Suite(.timeLimit(.minutes(2)))
struct RelayRedirectTests {
    @Test func `an owner that is none any more sends the router on, with the body`() async throws {
        let seen = Log<(String, RelayStamp)>()
        try await RelayWorld.run { world in
            try await world.owner(RelayWorld.third) { request, stamp in
                seen.add((String(buffer: request.body), stamp))
                request.respond(.ok, body: ByteBuffer(string: "from the new owner"))
            } _: { _ in
                try await world.pair { request, _ in
                    RelayRefusals.answer(request, NotOwner(owner: RelayWorld.third, epoch: Epoch(6)))
                } _: { door in
                    world.remember()
                    let answer = try await world.ask(door, body: "write this")
                    #expect(answer.status == 200)
                    #expect(answer.body == "from the new owner")
                    #expect(world.remembered?.owner == RelayWorld.third)
                    #expect(world.remembered?.epoch == Epoch(6))
                }
            }
        }
        #expect(seen.all.map(\.0) == ["write this"])
        #expect(seen.all.first?.1.request.epoch == Epoch(6))
    }

    @Test func `two nodes that point at each other: 503 moving, after two tries`() async throws {
        let asked = Tally()
        try await RelayWorld.run { world in
            try await world.owner(RelayWorld.third) { request, stamp in
                asked.add()
                RelayRefusals.answer(request, NotOwner(owner: RelayWorld.owner, epoch: stamp.request.epoch.next))
            } _: { _ in
                try await world.pair { request, stamp in
                    asked.add()
                    RelayRefusals.answer(request, NotOwner(owner: RelayWorld.third, epoch: stamp.request.epoch.next))
                } _: { door in
                    let answer = try await world.ask(door)
                    #expect(answer.status == 503)
                    #expect(answer.body.contains("\"code\":\"MOVING\""))
                }
            }
        }
        #expect(asked.count == 2)
    }

    @Test(arguments: [
        NotOwner(owner: RelayWorld.router, epoch: Epoch(6)), NotOwner(owner: nil, epoch: nil),
        NotOwner(owner: RelayWorld.third, epoch: Epoch(5)),
    ])
    func `the tenant has come here, or nobody knows where it is: given back to be looked up`(_ refusal: NotOwner)
        async throws
    {
        try await RelayWorld.run { world in
            try await world.pair { request, _ in
                RelayRefusals.answer(request, refusal)
            } _: { door in
                world.remember()
                let answer = try await world.ask(door)
                #expect(answer.body == "served here")
                #expect(world.returned.all.count == 1)
                #expect(world.remembered?.owner == (refusal.epoch == Epoch(6) ? RelayWorld.router : nil))
            }
        }
    }

    @Test func `a 421 to HEAD has no body: looked up again`() async throws {
        try await RelayWorld.run { world in
            try await world.pair { request, _ in
                RelayRefusals.answer(request, NotOwner(owner: RelayWorld.third, epoch: Epoch(6)))
            } _: { door in
                let answer = try await world.ask(door, method: .HEAD, body: nil)
                #expect(answer.status == 200)
                #expect(world.returned.all.count == 1)
            }
        }
    }

    @Test func `a 421 that does not say that nothing was executed is not believed`() async throws {
        try await RelayWorld.run { world in
            try await RawPeer.open(group: world.group) { _, channel in
                let body = "{\"owner\":\"n3\",\"epoch\":6,\"executed\":true}"
                channel.writeAndFlush(
                    ByteBuffer(string: "HTTP/1.1 421 x\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"),
                    promise: nil)
            } _: { peer in
                world.know([RelayWorld.owner: peer.address])
                try await world.router { door in
                    let answer = try await world.ask(door)
                    #expect(answer.status == 504)
                }
            }
        }
    }

    @Test func `what a 421 says survives its encoding, and nothing else passes for one`() {
        for refusal in [NotOwner(owner: NodeID("n7")!, epoch: Epoch(.max)), NotOwner(owner: nil, epoch: nil)] {
            #expect(NotOwnerBody.decode(NotOwnerBody.encode(refusal)) == refusal)
        }
        for text in [
            "", "{}", "{\"executed\":true}", "{\"owner\":\"n1\",\"executed\":false}",
            "{\"owner\":\"N1\",\"epoch\":1,\"executed\":false}", "{\"owner\":\"n1\",\"epoch\":-1,\"executed\":false}",
            "{\"executed\":false" + String(repeating: " ", count: 5000) + "}",
        ] {
            #expect(NotOwnerBody.decode(Array(text.utf8)) == nil, "\(text)")
        }
    }
}

extension RelayWorld {
    /// Puts the tenant into the router's cache, at the first owner.
    fileprivate func remember() {
        let fill = cache.beginFill(Self.key)
        cache.finish(fill, Self.key, Self.route(owner: Self.owner, epoch: Epoch(5)), at: SystemTime().monotonic())
    }

    fileprivate var remembered: Placement? {
        if case .hit(let route) = cache.lookUp(Self.key, at: SystemTime().monotonic()) { route.placement } else { nil }
    }
}

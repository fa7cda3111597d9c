import Catalog
import Movers
import Rebalancing
import Seams
import Tenants
import Vocabulary

/// The catalog as one process of a node reaches it.
struct NodeCatalog: CatalogDriver {
    let node: Node
    /// A dead process asks nothing any more; 0 while it starts.
    let number: Int

    func run(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows] {
        guard !node.isDead(number) else { throw .unavailable("the process is no more") }
        let rows = try await pass(transaction)
        guard !node.isDead(number) else { throw .outcomeUnknown("the process is no more") }
        return rows
    }

    private func pass(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows] {
        let base = node.cluster.driver
        switch node.cluster.faults.next("\(node.id) catalog") {
        case nil: return try await base.run(transaction)
        case .loseRequest: throw .outcomeUnknown("request lost")
        case .loseAnswer:
            _ = try? await base.run(transaction)
            throw .outcomeUnknown("answer lost")
        case .cut, .garble: return try await base.run(transaction)
        case .duplicate:
            let first: [CatalogRows] = try await base.run(transaction)
            _ = try? await base.run(transaction)
            return first
        case .delay:
            node.cluster.tasks.yield {
                try? await sleeping(150_000_000)
                _ = try? await base.run(transaction)
            }
            throw .outcomeUnknown("request delayed")
        case .crashBefore(let name):
            node.cluster.node(NodeID(name)!).crash()
            if name == node.id.name { throw .unavailable("crashed") }
            return try await base.run(transaction)
        case .crashAfter(let name):
            let result: [CatalogRows] = try await base.run(transaction)
            node.cluster.node(NodeID(name)!).crash()
            return result
        }
    }
}

/// The calls of one process to other nodes.
struct NodePeers: MovePeers {
    let from: Node
    let number: Int

    init(from node: Node, number: Int) {
        from = node
        self.number = number
    }

    func send(
        _ piece: [UInt8], at offset: Int64, _ offer: MoveOffer, to address: String, timeout: Duration
    ) async throws {
        var sent = piece
        if from.cluster.faults.garbles { sent[sent.count - 100] ^= 1 }
        let bytes = sent
        try await call("piece", address) { try await $0.arrivals.take(bytes, at: offset, of: offer) }
    }

    func finish(_ offer: MoveOffer, at address: String, timeout: Duration) async throws {
        try await call("finish", address) { try await $0.arrivals.finish(offer) }
    }

    func position(_ offer: MoveOffer, at address: String, timeout: Duration) async throws -> MovePosition {
        try await call("position", address) { try await $0.arrivals.position(offer) }
    }

    func follow(
        _ batch: PageBatch, _ number: UInt64, _ offer: MoveOffer, to address: String, timeout: Duration
    ) async throws {
        var sent = batch
        if from.cluster.faults.garbles, batch.count > 0 {
            var bytes = batch.bytes
            bytes[bytes.count - 100] ^= 1
            sent = PageBatch(pageCount: batch.pageCount, bytes: bytes)!
        }
        let pages = sent
        try await call("tail", address) { try await $0.arrivals.follow(pages, number, of: offer) }
    }

    func hint(_ offer: MoveOffer, at address: String, timeout: Duration) async throws {
        try await call("hint", address) { await $0.arrivals.hint(offer.order.id) }
    }

    private func call<Answer: Sendable>(
        _ name: String, _ address: String, _ body: @escaping @Sendable (Node.Process) async throws -> Answer
    ) async throws -> Answer {
        let cluster = from.cluster
        switch cluster.faults.next("\(from.id) \(name)") {
        case nil, .cut, .garble: return try await deliver(address, body)
        case .loseRequest: throw PeerFailure.unreachable("request lost")
        case .loseAnswer:
            _ = try? await deliver(address, body)
            throw PeerFailure.outcomeUnknown("answer lost")
        case .duplicate:
            let first = try await deliver(address, body)
            _ = try? await deliver(address, body)
            return first
        case .delay:
            cluster.tasks.yield {
                try? await sleeping(150_000_000)
                _ = try? await deliver(address, body)
            }
            throw PeerFailure.outcomeUnknown("request delayed")
        case .crashBefore(let name):
            cluster.node(NodeID(name)!).crash()
            return try await deliver(address, body)
        case .crashAfter(let name):
            let answer = try await deliver(address, body)
            cluster.node(NodeID(name)!).crash()
            return answer
        }
    }

    /// An answer of a process that has died meanwhile is not heard.
    private func deliver<Answer: Sendable>(
        _ address: String, _ body: (Node.Process) async throws -> Answer
    ) async throws -> Answer {
        guard from.isRunning(number), let process = from.cluster.node(at: address)?.current else {
            throw PeerFailure.unreachable("down")
        }
        let answer = try await body(process)
        guard from.cluster.node(at: address)?.isRunning(process.number) ?? false else {
            throw PeerFailure.outcomeUnknown("died")
        }
        return answer
    }
}

import Catalog
import Movers
import Residents
import Routing
import SQLiteKit
import Seams
import Synchronization
import Tenants
import Vocabulary

/// Many clients who write and read one tenant until they are told to stop.
struct Load: Sendable {
    let client: Client
    let writers: Int
    let readers: Int
    private let nextID = Counter()
    private let stop = Flag()

    init(_ client: Client, writers: Int = 6, readers: Int = 2) {
        self.client = client
        self.writers = writers
        self.readers = readers
    }

    /// Runs the body while the clients are at it, and a little longer.
    func during(patience: UInt64 = 30_000_000_000, _ body: () async throws -> Void) async throws {
        let deadline = SystemTime().monotonic().advanced(byNanoseconds: patience)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await arrive(deadline) }
            for _ in 1..<writers {
                group.addTask {
                    while !stop.isUp {
                        await client.write(nextID.next(), deadline: deadline)
                        try? await sleeping(500_000)
                    }
                }
            }
            for _ in 0..<readers {
                group.addTask {
                    while !stop.isUp {
                        await client.read(deadline: deadline)
                        try? await sleeping(1_000_000)
                    }
                }
            }
            defer { stop.raise() }
            try await sleeping(20_000_000)
            try await body()
            try await sleeping(20_000_000)
            stop.raise()
            try await group.waitForAll()
        }
    }
}

extension Load {
    /// Clients who come anew all the time, whoever waits already, and ask the catalog first: they find a new owner before
    /// the old one knows of it.
    private func arrive(_ deadline: Instant) async {
        var eager = client
        eager.isEager = true
        await withDiscardingTaskGroup { [eager] group in
            var number = 0
            while !stop.isUp, number < 1_000 {
                number += 1
                group.addTask { await eager.write(nextID.next(), deadline: deadline) }
                try? await sleeping(10_000_000)
            }
        }
    }
}

final class Counter: Sendable {
    private let value = Atomic<Int64>(0)
    func next() -> Int64 { value.add(1, ordering: .relaxed).newValue }
}

extension Cluster {
    /// What must hold when everything has come to rest: one owner that serves, every acknowledged write there, nothing that
    /// nobody asked for, TxIDs given once and epochs in their order, file and checksum equal, no copy left but the owner's.
    func verify(_ row: TenantRow, _ log: Log) async throws -> [String] {
        var faults = log.failures
        let placement = try await placement(row.id)
        if placement.state != .stable { faults.append("the row is \(placement)") }
        guard let owner = node(placement.owner).current else { return faults + ["the owner is down"] }
        _ = try await owner.residents.takeUp(row.id)
        let found = try await ids(row.id, at: owner)
        for id in log.acknowledged.keys where !found.contains(id) { faults.append("acknowledged write \(id) is lost") }
        for id in found where !log.begun.contains(id) { faults.append("row \(id) was never written") }
        faults += order(log)
        let state = try await owner.engine.freeze(
            row.id, patience: 5_000_000_000, endingTransactions: false, sleep: sleeping)
        if state.epoch != placement.epoch { faults.append("file of epoch \(state.epoch), row of \(placement.epoch)") }
        if try await !owner.engine.audit(row.id, state) { faults.append("the file is not what its checksum says") }
        try await owner.engine.thaw(row.id)
        return faults
    }

    /// Each TxID was given to one write, and the later the TxID the later the epoch (rule J7): two owners at once would
    /// have given some twice.
    private func order(_ log: Log) -> [String] {
        let marks = log.acknowledged.values.sorted { $0.txid < $1.txid }
        var faults: [String] = []
        for (a, b) in zip(marks, marks.dropFirst()) {
            if a.txid == b.txid { faults.append("TxID \(a.txid) was given twice") }
            if a.epoch > b.epoch { faults.append("epoch \(a.epoch) before \(b.epoch) at TxID \(b.txid)") }
        }
        return faults
    }

    private func ids(_ tenant: TenantID, at process: Node.Process) async throws -> Set<Int64> {
        try await process.engine.perform(on: tenant) { database in
            let session = database.session(
                on: database.temporaryStream(principal: 1), rights: .read, deadline: .distantFuture)
            let running = try session.start("SELECT id FROM t")
            var ids: Set<Int64> = []
            while try running.step() { ids.insert(running.statement.integer(0)) }
            _ = running.finish()
            return ids
        }
    }
}

import Foundation
import Seams
import Synchronization
import Tenants
import Testing
import Vocabulary

final class Order: Sendable {
    private let list = Mutex<[Int]>([])
    var all: [Int] { list.withLock { $0 } }
    func add(_ number: Int) { list.withLock { $0.append(number) } }
}

@Suite(.serialized) struct ArrivalTests {
    private func frozen(rows: Int = 30) async throws -> (Shelf, TenantID, TenantState) {
        let shelf = try await Shelf()
        let id = try await shelf.make(1000, rows: rows)
        return (shelf, id, try await shelf.freeze(id))
    }

    @Test func `a copy is adopted under the next epoch and counts on`() async throws {
        let (source, id, state) = try await frozen()
        let target = try await Shelf()
        let arrival = try await target.receive(id, state, from: source)
        let found = try await arrival.verify()
        #expect(found.checksum == state.checksum && found.pageCount == state.pageCount)
        await #expect(throws: TenantsError.notFound(id)) { try await target.run("SELECT 1", on: id) }
        let adopted = try await target.engine.adopt(id, found, epoch: Epoch(2))
        #expect(adopted.epoch == Epoch(2) && adopted.txid == state.txid)
        #expect(try await target.run("SELECT count(*) FROM t", on: id) == 30)
        try await target.run("INSERT INTO t(v) VALUES ('here')", on: id)
        #expect(try await target.freeze(id).txid == TxID(31))
        // Repeating it changes nothing.
        try await target.engine.thaw(id)
        await #expect(throws: Never.self) { try await target.engine.adopt(id, found, epoch: Epoch(2)) }
        #expect(try await target.run("SELECT count(*) FROM t", on: id) == 31)
    }

    @Test func `what was adopted, and what was written since, survives a crash`() async throws {
        let (source, id, state) = try await frozen()
        let target = try await Shelf()
        let arrival = try await target.receive(id, state, from: source)
        _ = try await target.engine.adopt(id, try await arrival.verify(), epoch: Epoch(2))
        try await target.run("INSERT INTO t(v) VALUES ('here')", on: id)
        try await target.crash()
        #expect(target.engine.facts(of: id)?.epoch == Epoch(2))
        #expect(try await target.run("SELECT count(*) FROM t", on: id) == 31)
    }

    @Test func `a copy that was answered for survives a crash, any other is removed`() async throws {
        let (source, id, state) = try await frozen()
        let target = try await Shelf()
        let arrival = try await target.receive(id, state, from: source)
        let found = try await arrival.verify()
        try await target.engine.record(target.manifest(id, found))
        _ = try await target.receive(TenantID(2000), state, from: source, as: id)
        #expect(target.files("arrivals").count == 3)
        try await target.crash()
        let recorded = try await target.engine.recordedArrivals()
        #expect(recorded == [target.manifest(id, found)])
        #expect(target.files("arrivals").count == 2)
        _ = try await target.engine.adopt(id, recorded[0].state, epoch: Epoch(2))
        await target.engine.forgetArrival(recorded[0])
        #expect(target.files("arrivals") == [])
        #expect(try await target.run("SELECT count(*) FROM t", on: id) == 30)
    }

    @Test func `a manifest with a changed or missing byte is none`() async throws {
        let (source, id, state) = try await frozen(rows: 1)
        let target = try await Shelf()
        let found = try await target.receive(id, state, from: source).verify()
        try await target.engine.record(target.manifest(id, found))
        let name = target.files("arrivals").first { $0.hasSuffix(".manifest") }!
        let path = target.directory + "/arrivals/" + name
        let right = try Data(contentsOf: URL(fileURLWithPath: path))
        for place in stride(from: 0, to: right.count, by: 7) {
            var wrong = right
            wrong[place] ^= 1
            try wrong.write(to: URL(fileURLWithPath: path))
            #expect(try await target.engine.recordedArrivals() == [], "byte \(place)")
            try right[..<place].write(to: URL(fileURLWithPath: path))
            #expect(try await target.engine.recordedArrivals() == [], "cut at \(place)")
        }
    }

    @Test func `only whole databases of ours are taken in`() async throws {
        let (source, id, state) = try await frozen()
        let target = try await Shelf()
        let pages = source.engine.export(id, state)
        var bytes: [UInt8] = []
        for try await piece in pages { bytes += piece }
        #expect(bytes.count == Int(state.pageCount) * 4096)

        let short = try await target.engine.beginArrival(of: id, state)
        try await short.append(Array(bytes.dropLast(4096)))
        await #expect(throws: ArrivalFailure.wrongSize) { try await short.sync() }
        await #expect(throws: ArrivalFailure.wrongSize) { try await short.append([UInt8](repeating: 0, count: 8192)) }
        for (place, value) in [(0, 0x41), (16, 0x20), (18, 1), (19, 1), (59, 2)] as [(Int, UInt8)] {
            var wrong = bytes
            wrong[place] = value
            let arrival = try await target.engine.beginArrival(of: id, state)
            try await arrival.append(wrong)
            await #expect(throws: ArrivalFailure.noDatabase, "byte \(place)") { try await arrival.sync() }
        }
    }

    @Test func `a node takes no copy of what it holds under that epoch`() async throws {
        let (source, id, state) = try await frozen()
        await #expect(throws: ArrivalFailure.olderThanHere) { try await source.engine.beginArrival(of: id, state) }
    }

    @Test func `a copy of an earlier stay gives way to the new one`() async throws {
        let (source, id, state) = try await frozen()
        let target = try await Shelf()
        let first = try await target.receive(id, state, from: source)
        let adopted = try await target.engine.adopt(id, try await first.verify(), epoch: Epoch(2))
        // It went on elsewhere, without this node noticing, and comes back.
        try await source.engine.thaw(id)
        try await source.run("INSERT INTO t(v) VALUES ('elsewhere')", on: id)
        var later = try await source.freeze(id)
        later.epoch = Epoch(3)
        let second = try await target.receive(id, later, from: source)
        _ = try await target.engine.adopt(id, try await second.verify(), epoch: Epoch(4))
        #expect(try await target.run("SELECT count(*) FROM t", on: id) == 31)
        let old = target.engine.layout.path(of: id, adopted.generation)
        for _ in 0..<100 where FileManager.default.fileExists(atPath: old) { try await sleeping(20_000_000) }
        #expect(!FileManager.default.fileExists(atPath: old))
        try await target.crash()
        #expect(try await target.run("SELECT count(*) FROM t", on: id) == 31)
    }

    @Test func `a tenant that has left is gone for good, its file is kept for a while`() async throws {
        let (source, id, state) = try await frozen()
        #expect(try await source.engine.entomb(id, upTo: .first))
        await #expect(throws: TenantsError.self) { try await source.run("SELECT 1", on: id) }
        let names = source.files("lost+found/tombstones")
        #expect(names.count == 1 && names[0].hasPrefix("\(id).\(state.generation)."))
        let path = source.directory + "/lost+found/tombstones/" + names[0]
        let kept = try await onThread { try FileChecksum.of(path, PosixFiles()) }
        #expect(kept.checksum == state.checksum)
        try await source.crash()
        #expect(source.engine.facts(of: id) == nil)
        #expect(try await source.engine.entomb(id, upTo: .first) == false)
        await source.engine.sweepTombstones()
        #expect(source.files("lost+found/tombstones") == names)
        let old = source.directory + "/lost+found/tombstones/\(id).\(state.generation).1000.sqlite"
        try FileManager.default.moveItem(atPath: path, toPath: old)
        await source.engine.sweepTombstones()
        #expect(source.files("lost+found/tombstones") == [])
    }

    @Test func `a copy of a later epoch is not entombed`() async throws {
        let (source, id, state) = try await frozen()
        let target = try await Shelf()
        let arrival = try await target.receive(id, state, from: source)
        _ = try await target.engine.adopt(id, try await arrival.verify(), epoch: Epoch(2))
        #expect(try await target.engine.entomb(id, upTo: .first) == false)
        #expect(try await target.run("SELECT count(*) FROM t", on: id) == 30)
    }
}

extension Shelf {
    /// The same bytes under another tenant's name.
    fileprivate func receive(_ id: TenantID, _ state: TenantState, from other: Shelf, as source: TenantID) async throws
        -> TenantArrival
    {
        let arrival = try await engine.beginArrival(of: id, state)
        for try await piece in other.engine.export(source, state) { try await arrival.append(piece) }
        return arrival
    }
}

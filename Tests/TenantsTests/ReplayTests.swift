import Journal
import SQLiteKit
import Seams
import Simulator
import Testing
import Vocabulary

@testable import Tenants

/// The journal replayed record by record on a copy must give the database after each commit, page by page.
@Suite struct ReplayTests {
    @Test(arguments: ["none", "full", "incremental"], 0..<3)
    func `every record brings a copy to the database after its commit`(mode: String, seed: UInt64) async throws {
        #expect(try await Self.run(mode, seed) == [])
    }

    @Test func `a copy that forgets a shrink is noticed`() async throws {
        #expect(try await Self.run("full", 0, forgetsShrinks: true) != [])
    }

    /// - Returns: what is wrong after the first commit after which anything is.
    private static func run(_ mode: String, _ seed: UInt64, forgetsShrinks: Bool = false) async throws -> [String] {
        let house = SimulatedHouse(seed: seed)
        house.adjust = { settings, options in
            // The recovery point stays where it is, so that every record can be read.
            settings.checkpointPause = 60_000_000_000
            settings.checkpointLogBytes = .max
            settings.cachePages = 12
            options.journalBytes = 64 << 20
        }
        try house.start()
        defer { house.engine.abandon() }
        let engine = house.engine!
        let model = ModelTenant(TenantID(4_000))
        let template = try house.template(TenantDriver.schema.replacing("%MODE%", with: mode))
        let facts = try await engine.create(model.id, template: template, epoch: .first)
        model.append(ModelState(facts: facts))
        let copy = JournalCopy(
            model.id, house.disk, path: engine.layout.path(of: model.id, facts.generation),
            after: engine.journal.lastLSN)
        copy.forgetsShrinks = forgetsShrinks
        let random = SeededRandom(seed: seed &* 31 &+ 7)
        for round in 0..<60 {
            let snapshot = try await engine.perform(on: model.id) { database in
                Self.change(database, model, random)
                if random.once(in: 6) { _ = try database.checkpoint() }
                return try Snapshot(database)
            }
            try copy.catchUp(engine.layout.journal)
            let wrong = copy.problems + model.violations + snapshot.differences(from: copy)
            if !wrong.isEmpty { return wrong.map { "round \(round): \($0)" } }
        }
        #expect(copy.records > 20 && copy.ranges > 20 && copy.wholes > 5)
        return []
    }

    /// One statement, or a transaction with savepoints.
    private static func change(_ database: TenantDatabase, _ model: ModelTenant, _ random: SeededRandom) {
        guard random.once(in: 4) else {
            _ = Session(database, model).perform(Change.random(random))
            return
        }
        let stream = database.temporaryStream(principal: 1)
        defer { database.close(stream) }
        let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
        let helper = Session(database, model)
        var state = model.now
        do throws(SQLFailure) {
            try helper.execute("BEGIN", [], session)
            for _ in 0..<(1 + random.below(3)) {
                let before = state
                try helper.execute("SAVEPOINT s", [], session)
                try helper.run(.random(random), in: session, &state)
                if random.once(in: 2) {
                    try helper.execute("ROLLBACK TO s", [], session)
                    state = before
                }
                try helper.execute("RELEASE s", [], session)
            }
            if random.once(in: 4) {
                try helper.execute("ROLLBACK", [], session)
                return
            }
            try helper.execute("COMMIT", [], session)
            helper.settle(state)
        } catch {
            helper.expect(error, of: .duplicate)
        }
    }

    /// All pages as the next reader would see them.
    struct Snapshot: Sendable {
        let state: TenantState
        let pages: [[UInt8]]

        init(_ database: TenantDatabase) throws {
            state = database.state
            pages = try (1...max(1, state.pageCount)).map { number in
                let image = try #require(database.file.committedImage(of: number))
                return Array(UnsafeRawBufferPointer(start: image, count: PageHash.pageSize))
            }
        }

        func differences(from copy: JournalCopy) -> [String] {
            var found: [String] = []
            if copy.pages.count != pages.count {
                found.append("\(pages.count) pages, the copy has \(copy.pages.count)")
            }
            for (index, page) in pages.enumerated() where index < copy.pages.count && copy.pages[index] != page {
                found.append("page \(index + 1) differs")
            }
            if copy.txid != state.txid { found.append("TxID \(state.txid), the copy has \(copy.txid)") }
            if copy.checksum != state.checksum { found.append("the checksum differs") }
            return found
        }
    }
}

/// A copy of one tenant's file, brought forward by the journal's records alone.
final class JournalCopy {
    private let tenant: TenantID
    private let disk: SimulatedDisk
    private var last: LSN
    private(set) var pages: [[UInt8]]
    private(set) var txid = TxID.none
    private(set) var problems: [String] = []
    private(set) var records = 0
    private(set) var ranges = 0
    private(set) var wholes = 0
    /// Pages of a large record whose last part has not come yet.
    private var isInParts = false
    /// For the control.
    var forgetsShrinks = false

    init(_ tenant: TenantID, _ disk: SimulatedDisk, path: String, after last: LSN) {
        self.tenant = tenant
        self.disk = disk
        self.last = last
        let bytes = disk.bytes(of: path)!
        pages = stride(from: 0, to: bytes.count, by: 4096).map { Array(bytes[$0..<($0 + 4096)]) }
    }

    var checksum: UInt64 {
        var sum: UInt64 = 0
        for (index, page) in pages.enumerated() { sum ^= Self.hash(page, UInt32(index + 1)) }
        return sum
    }

    private static func hash(_ page: [UInt8], _ number: UInt32) -> UInt64 {
        page.withUnsafeBytes { PageHash.of(page: $0.baseAddress!, number: number) }
    }

    func catchUp(_ journal: String) throws {
        let reader = try JournalReader(journal, files: disk)
        defer { reader.close() }
        let end = try reader.records(from: last.next) { record in
            if record.header.tenant == tenant { apply(record) }
        }
        if let damage = end.damage { problems.append(damage.description) }
        last = end.lastLSN
    }

    private func apply(_ record: RecordView) {
        records += 1
        if !isInParts, record.header.pageCountBefore != UInt32(pages.count) {
            problems.append("\(record.header.pageCountBefore) pages before, the copy has \(pages.count)")
        }
        isInParts = record.header.kind == .part
        for entry in record.pages { apply(entry, record.header) }
        guard !isInParts else { return }
        txid = record.header.txid
        resize(to: Int(record.header.pageCount))
        if record.header.checksum != checksum { problems.append("the record's checksum is not the copy's") }
    }

    private func apply(_ entry: PageEntry, _ header: RecordHeader) {
        switch entry.encoding {
        case .ranges:
            ranges += 1
            if entry.number > header.pageCountBefore { problems.append("ranges on a page that was not there") }
        case .whole, .lz4: wholes += 1
        }
        if Int(entry.number) > pages.count { resize(to: Int(entry.number)) }
        let isRight = pages[Int(entry.number) - 1].withUnsafeMutableBytes { entry.apply(to: $0.baseAddress!) }
        if !isRight || Self.hash(pages[Int(entry.number) - 1], entry.number) != entry.hash {
            problems.append("page \(entry.number) of TxID \(header.txid) is not what its hash says")
        }
    }

    private func resize(to count: Int) {
        if count < pages.count, !forgetsShrinks { pages.removeLast(pages.count - count) }
        while pages.count < count { pages.append([UInt8](repeating: 0, count: 4096)) }
    }
}

import Foundation
import Journal
import SQLiteKit
import Seams
import Tenants
import Vocabulary

/// One engine in a folder of its own, which may die and come back.
final class Shelf: @unchecked Sendable {
    // Used by one task at a time.
    let directory = NSTemporaryDirectory() + "rowhouse-shelf-" + UUID().uuidString
    private(set) var engine: TenantEngine

    init() async throws {
        let directory = self.directory
        engine = try await onThread { try Self.start(directory) }
    }

    deinit {
        engine.abandon()
        try? FileManager.default.removeItem(atPath: directory)
    }

    func crash() async throws {
        let (directory, engine) = (directory, engine)
        self.engine = try await onThread {
            engine.abandon()
            return try Self.start(directory)
        }
    }

    private static func start(_ directory: String) throws -> TenantEngine {
        var options = JournalOptions()
        options.segmentBytes = 4 << 20
        options.journalBytes = 64 << 20
        options.transactionBytes = 16 << 20
        options.ballastBytes = 1 << 20
        var settings = EngineSettings(directory: directory)
        settings.transactionBytes = 16 << 20
        let start = EngineStart(
            settings: settings, journalOptions: options, files: PosixFiles(), time: SystemTime(), random: SystemRandom()
        )
        return try start.run(progress: { _ in }, onFatal: { fatalError("\($0)") })
    }

    @discardableResult
    func make(_ number: UInt64, rows: Int = 0) async throws -> TenantID {
        let id = TenantID(number)
        let template = try engine.templates.make(sql: "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)")
        try await engine.create(id, template: template, epoch: .first)
        for row in 0..<rows { try await run("INSERT INTO t(v) VALUES ('row \(row)')", on: id) }
        return id
    }

    /// One statement, as a client's.
    @discardableResult
    func run(_ sql: String, on id: TenantID) async throws -> Int64 {
        try await engine.perform(on: id) { database in
            let session = database.session(
                on: database.temporaryStream(principal: 1), rights: .write, deadline: .distantFuture)
            let running = try session.start(sql)
            var value: Int64 = 0
            while try running.step() { value = running.statement.integer(0) }
            _ = running.finish()
            return value
        }
    }

    func freeze(_ id: TenantID, patience: UInt64 = 0, ends: Bool = false) async throws -> TenantState {
        try await engine.freeze(id, patience: patience, endingTransactions: ends, sleep: sleeping)
    }

    func files(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory + "/" + folder)) ?? []).sorted()
    }

    /// Takes in what another shelf has frozen.
    func receive(_ id: TenantID, _ state: TenantState, from other: Shelf) async throws -> TenantArrival {
        let arrival = try await engine.beginArrival(of: id, state)
        for try await piece in other.engine.export(id, state) { try await arrival.append(piece) }
        try await arrival.sync()
        return arrival
    }

    func manifest(_ id: TenantID, _ state: TenantState) -> ArrivalManifest {
        ArrivalManifest(
            move: "mv-1", tenant: id, source: NodeID("n1")!, target: NodeID("n2")!, epoch: .first, version: 2,
            state: state, isSuspect: false)
    }
}

import SQLiteKit
import Seams
import Tenants
import Vocabulary

/// One client on one tenant, with whatever rights and whatever in mind.
final class Caller: @unchecked Sendable {
    // @unchecked: used on the tenant's thread only, one call after the other.

    /// How a statement ended, in short.
    enum Outcome: Equatable, Sendable {
        /// The first row, columns joined by `|`; empty where there is none.
        case row(String)
        case blocked
        case noRight
        /// SQLite's primary result code.
        case sqlite(Int32)
        case other(SQLFailure)

        var isRefused: Bool { self == .blocked || self == .noRight }
    }

    private let database: TenantDatabase
    private let stream: TenantStream
    private let session: SQLSession

    convenience init(_ database: TenantDatabase, _ rights: Rights = .write) {
        self.init(database, database.temporaryStream(principal: 1), rights)
    }

    /// On a stream that others use too.
    init(_ database: TenantDatabase, _ stream: TenantStream, _ rights: Rights) {
        self.database = database
        self.stream = stream
        session = database.session(on: stream, rights: rights, deadline: .distantFuture)
    }

    func leave() { database.close(stream) }

    func run(_ sql: String) -> Outcome {
        do throws(SQLFailure) {
            let running = try session.start(sql)
            do throws(SQLFailure) {
                var first: String?
                while try running.step() { first = first ?? Self.text(running.statement) }
                _ = running.finish()
                return .row(first ?? "")
            } catch {
                _ = running.finish()
                throw error
            }
        } catch {
            return Self.outcome(error)
        }
    }

    /// The same as one of several statements of a text.
    func runScript(_ sql: String) -> Outcome {
        var offset = 0
        do throws(SQLFailure) {
            try session.runScript(sql, from: &offset)
            return .row("")
        } catch {
            return Self.outcome(error)
        }
    }

    private static func text(_ statement: Statement) -> String {
        (0..<statement.columnCount).map { statement.string($0) }.joined(separator: "|")
    }

    static func outcome(_ failure: SQLFailure) -> Outcome {
        switch failure {
        case .sqlite(let error): .sqlite(error.code)
        case .blocked: .blocked
        case .lacksWriteRight: .noRight
        default: .other(failure)
        }
    }
}

extension House {
    /// As a caller with all rights, waiting for other writers where it must.
    func write(_ sql: String, on tenant: TenantID) async throws {
        try await engine.perform(on: tenant) { database in
            let caller = Caller(database)
            defer { caller.leave() }
            let outcome = caller.run(sql)
            if outcome == .other(.writerBusy) { throw SQLFailure.writerBusy }
            guard case .row = outcome else { throw Refused(outcome: outcome) }
        }
    }

    struct Refused: Error { let outcome: Caller.Outcome }

    /// Runs the statements one after the other, each as a caller of its own.
    func outcomes(of statements: [String], on tenant: TenantID, _ rights: Rights = .write) async throws
        -> [Caller.Outcome]
    {
        try await engine.perform(on: tenant) { database in
            statements.map { sql in
                let caller = Caller(database, rights)
                defer { caller.leave() }
                return caller.run(sql)
            }
        }
    }

    /// Runs them as one caller.
    func conversation(_ statements: [String], on tenant: TenantID, _ rights: Rights = .write) async throws
        -> [Caller.Outcome]
    {
        try await engine.perform(on: tenant) { database in
            let caller = Caller(database, rights)
            defer { caller.leave() }
            return statements.map { caller.run($0) }
        }
    }
}

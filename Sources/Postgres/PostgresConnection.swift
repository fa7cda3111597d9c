import Catalog
import Seams
import Vocabulary

/// A session as the catalog's executor uses it, and what the worker needs to know when it fails.
final class PostgresConnection: CatalogConnection {
    /// Why another attempt may succeed where this one did not.
    enum Trouble: Equatable {
        /// Another transaction came between.
        case serialization
        /// A row was there already, perhaps one that the guards before could not see yet.
        case unique
        /// The connection is gone.
        case connection
    }

    private let session: PostgresSession
    private let options: PostgresOptions
    private let time: any TimeSource
    private var prepared: PreparedStatements
    private var deadline = Instant.distantFuture
    /// A single read needs no BEGIN and COMMIT around it: one way there and back instead of three.
    private var isAlone = false
    /// Nanoseconds for one statement of this transaction.
    private var patience: UInt64 = 0
    private(set) var trouble: Trouble?
    private(set) var settlesConflicts = true

    init(_ session: PostgresSession, _ options: PostgresOptions, time: any TimeSource) {
        self.session = session
        prepared = PreparedStatements(of: session.mark)
        self.options = options
        self.time = time
    }

    var isUsable: Bool { !session.isBroken && !session.isInTransaction }

    /// To be called before each attempt.
    ///
    /// - Parameter hasMetUnique: an earlier one did, so that it is not for an old snapshot that this one does.
    func attempt(_ transaction: CatalogTransaction, until deadline: Instant, hasMetUnique: Bool) {
        trouble = nil
        settlesConflicts = hasMetUnique
        self.deadline = deadline
        isAlone = transaction.kind == .read && transaction.statements.count == 1 && !transaction.isLong
        patience = transaction.isLong ? options.longTimeout : options.statementTimeout
    }

    func begin(writing: Bool) throws(CatalogError) {
        guard !isAlone else { return }
        do throws(PostgresFault) {
            try session.begin(
                writing ? "BEGIN ISOLATION LEVEL SERIALIZABLE" : "BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY",
                atMost: min(try remaining(), options.statementTimeout))
            if patience > options.statementTimeout {
                try session.run(PostgresSetup.patience(patience), atMost: options.statementTimeout)
            }
        } catch {
            throw .unavailable(noted(error).message)
        }
    }

    func execute(_ sql: String, _ arguments: [CatalogValue]) throws(CatalogFault) -> CatalogRows {
        do throws(PostgresFault) {
            let arguments = try PostgresArguments(arguments)
            let limit = try remaining()
            let name = try name(of: sql, arguments, atMost: limit)
            return try session.execute(name, arguments, atMost: limit).rows()
        } catch {
            throw Self.failure(noted(error), after: patience)
        }
    }

    func commit() throws(CatalogError) {
        guard !isAlone else { return }
        do throws(PostgresFault) { _ = try remaining() } catch { throw .unavailable(error.message) }
        let notices = session.noticeCount
        do throws(PostgresFault) {
            let command = try session.run("COMMIT", atMost: patience)
            guard command == "COMMIT" else { throw .server(PostgresState("25000"), "answered COMMIT with \(command)") }
        } catch {
            if case .server(let state, _) = error, state.refusesCommit || state.code == "25000" {
                throw .unavailable(noted(error).message)
            }
            throw .outcomeUnknown(noted(error).message)
        }
        // It stands here, and a warning says that a standby may not have it: as good as no answer.
        guard session.noticeCount == notices else { throw .outcomeUnknown("committed with a warning") }
    }

    func rollback() {
        guard !session.isBroken, session.isInTransaction else { return }
        // Where it fails the session is broken, or still in a transaction, and not used again.
        do throws(PostgresFault) { try session.run("ROLLBACK", atMost: options.statementTimeout) } catch {}
    }

    private func name(
        of sql: String, _ arguments: PostgresArguments, atMost limit: UInt64
    ) throws(PostgresFault) -> String {
        let key = arguments.signature + " " + sql
        switch prepared.use(key) {
        case .known(let name): return name
        case .new(let name, let dropped):
            guard let text = PostgresText.rewrite(sql) else { throw .refused("a question mark that is no placeholder") }
            if let dropped { try session.run("DEALLOCATE \(dropped)", atMost: limit) }
            try session.prepare(name, text, types: arguments.types, atMost: limit)
            prepared.prepared(key, name)
            return name
        }
    }

    /// - Returns: nanoseconds for the next statement.
    private func remaining() throws(PostgresFault) -> UInt64 {
        let left = deadline.nanoseconds(since: time.monotonic())
        guard left > 0 else { throw .server(PostgresState("57014"), "the transaction took too long") }
        return min(left, patience)
    }

    private func noted(_ fault: PostgresFault) -> PostgresFault {
        switch fault {
        case .lost: trouble = .connection
        case .server(let state, _) where state.isSerialization: trouble = .serialization
        case .server(let state, _) where state.isUnique: trouble = .unique
        case .server, .refused: break
        }
        return fault
    }

    private static func failure(_ fault: PostgresFault, after patience: UInt64) -> CatalogFault {
        switch fault {
        case .server(let state, _) where state.isTimeout:
            .unavailable("PostgreSQL took longer than \(Double(patience) / 1e9) s for a statement: \(fault.message)")
        case .server(let state, _) where state.isUnique: .uniqueViolation
        case .server(let state, _) where state.isTemporary: .unavailable(fault.message)
        case .lost: .unavailable(fault.message)
        case .server, .refused: .refused(fault.message)
        }
    }
}

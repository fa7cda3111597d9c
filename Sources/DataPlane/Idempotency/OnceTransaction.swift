import Hrana
import Tenants

/// The transaction of a program that is done under an idempotency key, in which its answer is kept too, or that carries claims, whose
/// tokens are: it is the server's, and the caller's own BEGIN and COMMIT are only taken note of. On the tenant's thread.
final class OnceTransaction {
    enum Phase {
        /// The caller has begun no transaction.
        case open
        case begun
        case committed
        /// Rolled back, by the caller or by a failure: there is nothing left to keep.
        case undone
    }

    private let isOneTransaction: Bool
    private(set) var phase = Phase.open
    private var changesTried = 0
    private var changesDone = 0
    /// What the first statement failed with whose result is a failure.
    private var failure: HranaError?

    /// - Parameter isOneTransaction: a program without BEGIN may hold many changes.
    init(isOneTransaction: Bool) { self.isOneTransaction = isOneTransaction }

    /// What the caller is told, and its conditions see.
    ///
    /// - Throws: `refused`.
    func isAutocommit(_ session: SQLSession) throws(StatementStop) -> Bool {
        try notice(session)
        return phase != .begun
    }

    /// Answers a statement in SQLite's place, where it would end the transaction.
    ///
    /// - Returns: false for all others.
    /// - Throws: `failed` as SQLite would; `refused` where the program would commit twice after all.
    func takes(_ sql: String, _ role: StatementRole, _ runner: StatementRunner) throws(StatementStop) -> Bool {
        try notice(runner.session)
        switch (role, phase) {
        case (.reads, _),
            (_, .begun) where role != .commits:
            return false
        case (.begins, .open):
            try runner.check(sql)
            phase = .begun
            return true
        case (.commits, .begun):
            try runner.check(sql)
            phase = .committed
            return true
        case (.commits, .open), (.commits, .committed): throw .failed(.noTransaction("commit"))
        case (.rollsBack, .open), (.rollsBack, .committed): throw .failed(.noTransaction("rollback"))
        case (.commits, .undone), (.rollsBack, .undone): return false
        case (.changes, .open) where changesTried == 0 || isOneTransaction:
            changesTried += 1
            return false
        default: throw .refused(.idempotencyNotPossible)
        }
    }

    func noteFailed(_ failure: HranaError) { if self.failure == nil { self.failure = failure } }

    func noteDone(_ role: StatementRole) { if role == .changes { changesDone += 1 } }

    /// What is to last, lasts, with its claims and its answer. What failed and changed nothing is not kept: it may be tried again.
    ///
    /// - Throws: `refused`; the transaction is still open then.
    func end(
        _ key: inout IdempotencyKey?, claims: [[UInt8]], answer: UnsafeRawBufferPointer, _ runner: StatementRunner
    ) throws(StatementStop) {
        try notice(runner.session)
        switch phase {
        case .undone: return
        case .begun: return try runner.runPlainly("ROLLBACK")
        case .open, .committed:
            guard changesDone > 0 || failure == nil else { return try runner.runPlainly("ROLLBACK") }
            // The claims are for all of it: none is held for a part.
            if let failure, !claims.isEmpty { throw .refused(.claimedWriteFailed(failure.message)) }
            try runner.hold(claims)
            if key != nil { try runner.keep(&key!, answer: answer) }
            do throws(StatementStop) {
                try runner.runPlainly("COMMIT")
            } catch {
                guard case .failed(let failure) = error else { throw error }
                throw .refused(TransportError(committing: failure))
            }
        }
    }

    /// Some failures roll the whole transaction back, and what was said before to be done is not.
    private func notice(_ session: SQLSession) throws(StatementStop) {
        guard phase != .undone, session.isAutocommit else { return }
        let wasTheCallers = phase == .begun
        phase = .undone
        if !wasTheCallers, changesDone > 0 { throw .refused(.idempotencyNotPossible) }
    }
}

extension HranaError {
    /// As SQLite says it.
    fileprivate static func noTransaction(_ verb: String) -> HranaError {
        HranaError("SQLite error: cannot \(verb) - no transaction is active", code: "SQLITE_UNKNOWN")
    }
}

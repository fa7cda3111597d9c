import Hrana
import Seams
import Tenants

extension StatementRunner {
    /// Whether the statement was answered without SQLite, which would end the transaction that the program is.
    func isTaken(
        _ sql: String, _ role: StatementRole?, _ request: Hrana.Statement
    ) throws(StatementStop) -> Bool {
        guard let once, let role, try once.takes(sql, role, self) else { return false }
        guard request.hasNoArguments else { throw .failed(.noParameters) }
        return true
    }

    /// Compiles without running.
    func check(_ sql: String) throws(StatementStop) {
        do throws(SQLFailure) { try session.describe(sql) { _ in } } catch { throw stop(error, .preparing) }
    }

    /// What conditions and `get_autocommit` see.
    func isAutocommit() throws(StatementStop) -> Bool { try once?.isAutocommit(session) ?? session.isAutocommit }

    // MARK: Claims

    /// Holds the tokens in the transaction that carries them.
    ///
    /// - Throws: `refused` where one of them is refused here.
    func hold(_ claims: [[UInt8]]) throws(StatementStop) {
        guard !claims.isEmpty else { return }
        let outcome: ClaimTable.HoldOutcome
        do throws(SQLFailure) {
            outcome = try ClaimTable(session, now: context.time.wall()).hold(claims)
        } catch {
            throw stop(error, .running)
        }
        switch outcome {
        case .held: return
        case .refused: throw .refused(.claimExpired)
        case .tooMany: throw .refused(.tooManyClaims)
        }
    }

    // MARK: Kept answers

    /// The answer that was given under the key before. In a transaction that is writing.
    ///
    /// - Throws: `refused` if it was another request's.
    func kept(_ key: inout IdempotencyKey) throws(StatementStop) -> [UInt8]? {
        let found: IdempotencyTable.Kept?
        do throws(SQLFailure) {
            found = try IdempotencyTable(session, now: context.time.wall()).find(key.key)
        } catch {
            throw stop(error, .running)
        }
        do throws(TransportError) { return try found?.answer(to: &key) } catch { throw .refused(error) }
    }

    /// Keeps the answer in the transaction that it tells of.
    ///
    /// - Throws: `refused` if it is too long.
    func keep(_ key: inout IdempotencyKey, answer: UnsafeRawBufferPointer) throws(StatementStop) {
        guard answer.count <= IdempotencyTable.answerBytes else { throw .refused(.answerNotKept) }
        do throws(SQLFailure) {
            try IdempotencyTable(session, now: context.time.wall())
                .keep(key.key, request: key.digest(), answer: answer)
        } catch {
            throw stop(error, .running)
        }
    }
}

extension HranaContext {
    /// The same for a caller who may only read: what was done while it could write is not refused now.
    func kept(
        _ key: inout IdempotencyKey, _ database: TenantDatabase
    ) throws(TransportError) -> [UInt8]? {
        let found: IdempotencyTable.Kept?
        do throws(SQLFailure) {
            found = try IdempotencyTable.peek(key.key, in: database, now: time.wall())
        } catch {
            throw TransportError(committing: StatementFailure.error(error, .running))
        }
        return try found?.answer(to: &key)
    }
}

extension IdempotencyTable.Kept {
    /// - Throws: `idempotencyMismatch`.
    fileprivate func answer(to key: inout IdempotencyKey) throws(TransportError) -> [UInt8] {
        guard request == key.digest() else { throw .idempotencyMismatch }
        return answer
    }
}

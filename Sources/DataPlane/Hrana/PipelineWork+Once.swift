import Hrana
import Tenants

/// Programs under an idempotency key, and those that carry claims.
extension PipelineWork {
    /// Begins such a program.
    ///
    /// - Returns: true if it was done before and the caller may only read now: then the answer is there again.
    func isDoneBefore(_ database: TenantDatabase) throws(TransportError) -> Bool {
        guard isOnce else { return false }
        let isOneTransaction = form == .version1
        guard call.ticket == nil, endsStream,
            OnceCheck.isPossible(requests, isOneTransaction: isOneTransaction)
        else { throw .idempotencyNotPossible }
        if call.rights == .write {
            once = OnceTransaction(isOneTransaction: isOneTransaction)
        } else if key != nil, let known = try context.kept(&key!, database) {
            take(known)
            tell(database)
            return true
        } else if !call.claims.isEmpty {
            throw .writeForbidden
        }
        return false
    }

    /// Begins the transaction.
    ///
    /// - Returns: true if it was done before, and the answer is there again.
    func isDoneBefore(_ runner: StatementRunner) throws(StatementStop) -> Bool {
        guard once != nil, runner.session.isAutocommit else { return false }
        try runner.runPlainly("BEGIN IMMEDIATE")
        guard key != nil, let known = try runner.kept(&key!) else { return false }
        take(known)
        return true
    }

    private func take(_ known: [UInt8]) {
        writer.bytes.removeAll(keepingCapacity: true)
        known.withUnsafeBytes { writer.bytes.append($0) }
    }
}

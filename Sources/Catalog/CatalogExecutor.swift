import Vocabulary

/// Runs a transaction on a connection: guards, operation ids, stored results. The one place that gives them meaning.
package enum CatalogExecutor {
    /// Runs on the connection's thread. Durability is the driver's: it holds the answer back until the commit is durable.
    ///
    /// - Throws: `CatalogError`, as `CatalogDriver.run`.
    package static func run(
        _ transaction: CatalogTransaction, on connection: some CatalogConnection
    ) throws(CatalogError) -> [CatalogRows] {
        try CatalogLimits.check(transaction)
        switch transaction.kind {
        case .read: return try plain(transaction.statements, writing: false, on: connection)
        case .schema: return try plain(transaction.statements, writing: true, on: connection)
        case .write(let operation): return try write(transaction.statements, as: operation, on: connection)
        }
    }

    private static func plain(
        _ statements: [CatalogStatement], writing: Bool, on connection: some CatalogConnection
    ) throws(CatalogError) -> [CatalogRows] {
        try inTransaction(writing: writing, on: connection) { () throws(CatalogError) in
            try execute(statements, on: connection)
        }
    }

    /// The operation's row goes in first: an earlier copy that is still committing makes this one wait or fail here, before
    /// anything else happened.
    private static func write(
        _ statements: [CatalogStatement], as operation: CatalogOperation, on connection: some CatalogConnection
    ) throws(CatalogError) -> [CatalogRows] {
        var verdict: CatalogError
        do {
            return try inTransaction(writing: true, on: connection) { () throws(CatalogError) in
                guard try claim(operation, outcome: [], on: connection) else {
                    return try stored(operation, on: connection).get()
                }
                let results = try execute(statements, on: connection)
                try store(results, for: operation, on: connection)
                return results
            }
        } catch {
            verdict = error
        }
        guard operation.repeated, verdict.isVerdict else { throw verdict }
        if case .conflict = verdict, !connection.settlesConflicts { throw verdict }
        return try record(verdict, for: operation, on: connection)
    }

    private static func inTransaction<Result>(
        writing: Bool, on connection: some CatalogConnection, _ body: () throws(CatalogError) -> Result
    ) throws(CatalogError) -> Result {
        try connection.begin(writing: writing)
        do {
            let result = try body()
            try connection.commit()
            return result
        } catch {
            connection.rollback()
            throw error
        }
    }

    private static func execute(
        _ statements: [CatalogStatement], on connection: some CatalogConnection
    ) throws(CatalogError) -> [CatalogRows] {
        var results: [CatalogRows] = []
        results.reserveCapacity(statements.count)
        for (index, statement) in statements.enumerated() {
            do {
                results.append(try connection.execute(statement.sql, statement.arguments))
            } catch {
                throw error.error(statement: index)
            }
            guard statement.expect.holds(for: results[index]) else {
                throw .guardFailed(statement: index, results: results)
            }
        }
        return results
    }

    /// - Returns: false if the operation has a row already, or the catalog is sealed.
    private static func claim(
        _ operation: CatalogOperation, outcome: [UInt8], on connection: some CatalogConnection
    ) throws(CatalogError) -> Bool {
        let inserted = try own(connection) { connection throws(CatalogFault) in
            try connection.execute(
                """
                INSERT INTO operations (id, result, recorded) SELECT ?1, ?2, ?3
                WHERE NOT EXISTS (SELECT 1 FROM catalog_identity WHERE id = \(CatalogSeal.row)) ON CONFLICT (id) DO NOTHING
                """,
                [.blob(operation.id.bytes), .blob(outcome), .integer(operation.at.milliseconds)])
        }
        return inserted.affected == 1
    }

    private static func store(
        _ results: [CatalogRows], for operation: CatalogOperation, on connection: some CatalogConnection
    ) throws(CatalogError) {
        let bytes = try CatalogWire.encode(.success(results))
        guard bytes.count <= CatalogLimits.storedResultBytes else {
            throw .refused("a mutating transaction with a result of \(bytes.count) bytes")
        }
        _ = try own(connection) { connection throws(CatalogFault) in
            try connection.execute(
                "UPDATE operations SET result = ?2 WHERE id = ?1", [.blob(operation.id.bytes), .blob(bytes)])
        }
    }

    /// It writes, though it changes nothing: what it finds may have been committed where a crash came before the standbys
    /// had it, and only a write has the commit wait for them.
    private static func stored(
        _ operation: CatalogOperation, on connection: some CatalogConnection
    ) throws(CatalogError) -> Result<[CatalogRows], CatalogError> {
        let found = try own(connection) { connection throws(CatalogFault) in
            try connection.execute(
                "UPDATE operations SET recorded = recorded WHERE id = ?1 RETURNING result",
                [.blob(operation.id.bytes)])
        }
        guard case .blob(let bytes)? = found.rows.first?.first else { throw try sealed(connection) }
        return try CatalogWire.decodeOutcome(bytes)
    }

    private static func sealed(_ connection: some CatalogConnection) throws(CatalogError) -> CatalogError {
        let found = try own(connection) { connection throws(CatalogFault) in
            try connection.execute(CatalogSeal.select.sql, [])
        }
        guard let seal = try CatalogSeal(found) else { return .damaged("operation without a result") }
        return .unavailable(seal.description)
    }

    /// Records a refusal of a repeated operation, unless an earlier copy succeeded in between: then that is the outcome.
    private static func record(
        _ verdict: CatalogError, for operation: CatalogOperation, on connection: some CatalogConnection
    ) throws(CatalogError) -> [CatalogRows] {
        let bytes = try CatalogWire.encode(.failure(verdict))
        let outcome: Result<[CatalogRows], CatalogError> = try inTransaction(writing: true, on: connection) {
            () throws(CatalogError) in
            try claim(operation, outcome: bytes, on: connection)
                ? .failure(verdict) : stored(operation, on: connection)
        }
        return try outcome.get()
    }

    /// A statement of the executor's own: its failure belongs to no statement of the transaction.
    private static func own<Connection: CatalogConnection>(
        _ connection: Connection, _ body: (Connection) throws(CatalogFault) -> CatalogRows
    ) throws(CatalogError) -> CatalogRows {
        do {
            return try body(connection)
        } catch .refused(let why) {
            throw .refused("operations: \(why)")
        } catch {
            throw .unavailable("operations: \(error)")
        }
    }
}

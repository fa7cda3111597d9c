import Hrana

/// What a program means to do, told by its texts: a ground for making its tenant, not for allowing anything.
extension HranaProgram {
    /// It changes something, or begins what will: clients describe a statement, or begin a transaction, in a request of its own.
    var meansToWrite: Bool {
        var intent = ProgramIntent()
        switch self {
        case .pipeline(let request): request.requests.forEach { intent.look(at: $0) }
        case .version1(let request): intent.look(at: request)
        case .cursor(let request): intent.look(at: .batch(request.batch))
        case .query(let query): query.statements.forEach { intent.look(at: $0.source) }
        }
        return intent.isWriting
    }
}

private struct ProgramIntent {
    private var changes = false
    private var begins = false
    private var ends = false

    /// A transaction that ends in the same program without a change has only read.
    var isWriting: Bool { changes || begins && !ends }

    mutating func look(at request: StreamRequest) {
        switch request {
        case .execute(let statement): look(at: statement.source)
        case .batch(let batch): batch.steps.forEach { look(at: $0.statement.source) }
        case .sequence(let source): look(atScript: source)
        case .describe(let source): look(at: source)
        case .storeSQL(_, let sql): look(at: .text(sql))
        case .closeSQL, .getAutocommit: break
        case .close: ends = true
        }
    }

    mutating func look(at source: SQLSource) {
        guard case .text(let sql) = source else { return }
        note(sql.withRawUTF8 { SQLText.role($0) })
    }

    /// A change behind other statements is found wherever it stands.
    private mutating func look(atScript source: SQLSource) {
        guard case .text(let sql) = source else { return }
        OnceCheck.forEachRole(of: sql) { note($0) }
    }

    private mutating func note(_ role: StatementRole) {
        switch role {
        case .changes: changes = true
        case .begins: begins = true
        case .commits, .rollsBack: ends = true
        case .reads, .savepoint, .special: break
        }
    }
}

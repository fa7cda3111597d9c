import Simulator

/// One statement of the load, and what it does to the model.
enum Change: Sendable {
    /// Puts rows, small or of many overflow pages, in place of those that are there.
    case put(ids: ClosedRange<Int>, size: Int)
    case update(every: Int, size: Int)
    /// Deletes rows, so that files shrink where their auto_vacuum is full, and have free pages where not.
    case delete(above: Int)
    case thin(every: Int)
    case createTable(Int)
    case dropTable(Int)
    /// Takes free pages off the file's end where auto_vacuum is incremental.
    case vacuum(pages: Int)

    static func random(_ random: SeededRandom) -> Change {
        let id = random.below(120)
        switch random.below(20) {
        case 0...5: return .put(ids: id...(id + random.below(6)), size: random.below(500))
        case 6: return .put(ids: id...id, size: 10_000 + random.below(200_000))
        case 7: return .put(ids: 0...(40 + random.below(100)), size: 100 + random.below(2_000))
        case 8...10: return .update(every: 1 + random.below(5), size: random.below(800))
        case 11, 12: return .delete(above: id)
        case 13: return .delete(above: -1)
        case 14: return .thin(every: 2 + random.below(3))
        case 15, 16: return .createTable(random.below(5))
        case 17: return .dropTable(random.below(5))
        default: return .vacuum(pages: 1 + random.below(60))
        }
    }

    /// - Parameter version: of the commit that it will be in.
    func sql(_ version: Int) -> String {
        switch self {
        case .put(let ids, let size):
            """
            WITH RECURSIVE c(i) AS (SELECT \(ids.lowerBound) UNION ALL SELECT i + 1 FROM c WHERE i < \(ids.upperBound)) \
            INSERT OR REPLACE INTO t SELECT i, \(version), \(size), \(text("i", version, size)) FROM c
            """
        case .update(let every, let size):
            "UPDATE t SET n = \(version), size = \(size), v = \(text("id", version, size)) WHERE id % \(every) = 0"
        case .delete(let above): "DELETE FROM t WHERE id > \(above)"
        case .thin(let every): "DELETE FROM t WHERE id % \(every) = 0"
        case .createTable(let number):
            "CREATE TABLE IF NOT EXISTS x\(number)(a TEXT UNIQUE, b AS (length(a)), c DEFAULT 'c')"
        case .dropTable(let number): "DROP TABLE IF EXISTS x\(number)"
        case .vacuum(let pages): "PRAGMA incremental_vacuum(\(pages))"
        }
    }

    private func text(_ id: String, _ version: Int, _ size: Int) -> String {
        Model.value(id: id, n: String(version), size: String(size))
    }

    func apply(to model: inout Model, _ version: Int) {
        switch self {
        case .put(let ids, let size): for id in ids { model.rows[id] = Model.Row(n: version, size: size) }
        case .update(let every, let size):
            for id in model.rows.keys where id % every == 0 { model.rows[id] = Model.Row(n: version, size: size) }
        case .delete(let above): model.rows = model.rows.filter { $0.key <= above }
        case .thin(let every): model.rows = model.rows.filter { $0.key % every != 0 }
        case .createTable(let number): model.tables.insert(number)
        case .dropTable(let number): model.tables.remove(number)
        case .vacuum: break
        }
    }
}

/// What a writer wants to happen at once.
struct Transaction: Sendable {
    /// Between BEGIN and the end.
    let statements: [String]
    let commits: Bool
    /// The model afterwards.
    let result: Model

    static func random(after model: Model, _ random: SeededRandom) -> Transaction {
        var next = model
        next.version += 1
        var statements: [String] = []
        for _ in 0..<(1 + random.below(4)) {
            let change = Change.random(random)
            if random.once(in: 8) {
                statements += ["SAVEPOINT s", change.sql(next.version), "ROLLBACK TO s", "RELEASE s"]
            } else {
                statements.append(change.sql(next.version))
                change.apply(to: &next, next.version)
            }
        }
        statements.append("UPDATE meta SET version = \(next.version)")
        let commits = !random.once(in: 8)
        return Transaction(statements: statements, commits: commits, result: commits ? next : model)
    }
}

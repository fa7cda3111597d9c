import Hrana
import Tenants

/// Whether a program commits at most once, by its text: before anything of it runs. Pure.
///
/// It does with one statement that changes something, or with all of them between its only BEGIN and the first COMMIT after it.
struct OnceCheck {
    private enum Phase { case before, inside, after }

    /// The program is made one transaction where it has none of its own.
    private let isOneTransaction: Bool
    private var stored: [Int32: String] = [:]
    private var phase = Phase.before
    private var hasChange = false

    /// - Parameter isOneTransaction: a program without BEGIN may hold many changes.
    static func isPossible(_ requests: [StreamRequest], isOneTransaction: Bool) -> Bool {
        var check = OnceCheck(isOneTransaction: isOneTransaction)
        return requests.allSatisfy { check.passes($0) }
    }

    private init(isOneTransaction: Bool) { self.isOneTransaction = isOneTransaction }

    private mutating func passes(_ request: StreamRequest) -> Bool {
        switch request {
        case .execute(let statement): return passes(statement.source)
        case .batch(let batch): return batch.steps.allSatisfy { passes($0.statement.source) }
        case .sequence(let source): return passes(script: source)
        case .storeSQL(let id, let sql): stored[id] = sql
        case .closeSQL(let id): stored[id] = nil
        case .describe, .getAutocommit, .close: break
        }
        return true
    }

    /// One without a text fails as it runs.
    private func text(_ source: SQLSource) -> String {
        switch source {
        case .text(let sql): sql
        case .stored(let id): stored[id] ?? ""
        }
    }

    private mutating func passes(_ source: SQLSource) -> Bool { passes(text(source).withRawUTF8 { SQLText.role($0) }) }

    private mutating func passes(script source: SQLSource) -> Bool {
        var passesAll = true
        Self.forEachRole(of: text(source)) { if !passes($0) { passesAll = false } }
        return passesAll
    }

    /// The roles of a script's statements, in order.
    static func forEachRole(of script: String, _ body: (StatementRole) -> Void) {
        let bytes = Array(script.utf8)
        var offset = 0
        while offset < bytes.count {
            body(bytes.withUnsafeBytes { SQLText.role($0, from: offset) })
            offset += StatementSplitter.emptyLength(bytes[offset...])
            offset += StatementSplitter.firstLength(bytes[offset...])
        }
    }

    private mutating func passes(_ role: StatementRole) -> Bool {
        switch role {
        case .reads, .rollsBack: return true
        case .special: return false
        case .savepoint: return phase == .inside
        case .begins:
            guard phase == .before, !hasChange else { return false }
            phase = .inside
        case .commits: if phase == .inside { phase = .after }
        case .changes:
            guard phase != .inside else { return true }
            guard phase == .before, isOneTransaction || !hasChange else { return false }
            hasChange = true
        }
        return true
    }
}

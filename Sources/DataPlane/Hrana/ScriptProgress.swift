import Hrana
import Tenants

/// A text of several statements that is being run, and how far it has come: it may stop to wait for the writer between two
/// of them.
struct ScriptProgress {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ sql: String) { bytes = Array(sql.utf8) }

    /// Runs to the end or to the first failure; what ran before that stays.
    mutating func run(_ runner: StatementRunner) throws(StatementStop) {
        while offset < bytes.count {
            let special = bytes.withUnsafeBytes { SQLText.special($0, from: offset) }
            if let special {
                try runner.run(special.statement)
                offset = special.end
            } else {
                try runNext(runner)
            }
        }
    }

    private mutating func runNext(_ runner: StatementRunner) throws(StatementStop) {
        try runner.checkDeadline("")
        let role = runner.once.map { _ in bytes.withUnsafeBytes { SQLText.role($0, from: offset) } }
        if let role, try isTaken(role, runner) { return }
        do throws(SQLFailure) {
            try runner.session.runNext(of: bytes, at: &offset)
        } catch {
            throw runner.stop(error, .preparing)
        }
        if let role { runner.once?.noteDone(role) }
    }

    /// Whether the next statement was answered without SQLite.
    private mutating func isTaken(_ role: StatementRole, _ runner: StatementRunner) throws(StatementStop) -> Bool {
        let start = offset + StatementSplitter.emptyLength(bytes[offset...])
        let end = start + StatementSplitter.firstLength(bytes[start...])
        let text = String(decoding: bytes[start..<end], as: UTF8.self)
        guard let once = runner.once, try once.takes(text, role, runner) else { return false }
        offset = end
        return true
    }
}

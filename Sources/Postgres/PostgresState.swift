/// A five-character SQLSTATE and what it means for a transaction.
struct PostgresState: Equatable, Sendable {
    let code: String

    init(_ code: String) { self.code = code }

    private var group: Substring { code.prefix(2) }

    /// The transaction lost against others at the same time; nothing of it stands, and another try may succeed.
    var isSerialization: Bool { code == "40001" || code == "40P01" }

    /// A statement ran longer than it may, or somebody cancelled it.
    var isTimeout: Bool { code == "57014" }

    var isUnique: Bool { code == "23505" }

    /// The connection is of no more use: the server goes down, has become a standby, or lost what was prepared on it.
    var endsConnection: Bool {
        switch code {
        case "25006", "25P03", "25P04", "26000", "57P01", "57P02", "57P03", "57P05", "0A000": true
        default: group == "08"
        }
    }

    /// The server could not, now; nothing is wrong with the statement.
    var isTemporary: Bool {
        switch code {
        case "57014", "55P03", "55006": true
        default: ["40", "53", "54", "57", "58", "XX", "25"].contains(group)
        }
    }

    /// Sent in answer to COMMIT, says for certain that nothing was committed. Everything else leaves it open.
    var refusesCommit: Bool { (group == "40" && code != "40003") || group == "23" }
}

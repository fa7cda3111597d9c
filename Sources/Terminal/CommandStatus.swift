/// What the process tells its caller. The numbers are part of the command line's contract.
package enum CommandStatus: Int32, Sendable, CaseIterable {
    case ok = 0
    /// The thing asked for was refused or went wrong.
    case failed = 1
    /// The command line itself is wrong.
    case usage = 2
    case notFound = 3
    case conflict = 4
    /// No node answered, or what answered is none.
    case unreachable = 5
    case unauthorised = 6

    // Of `serve` only, after sysexits(3).
    case journalDamaged = 65
    case dataDirectoryInUse = 73
    case listenRefused = 77
    case configuration = 78

    /// The code of a failure that no node has given one.
    var name: String {
        switch self {
        case .ok: "ok"
        case .failed: "failed"
        case .usage: "usage"
        case .notFound: "not_found"
        case .conflict: "conflict"
        case .unreachable: "unreachable"
        case .unauthorised: "unauthorised"
        case .journalDamaged: "journal_damaged"
        case .dataDirectoryInUse: "data_directory_in_use"
        case .listenRefused: "listen_refused"
        case .configuration: "config_invalid"
        }
    }

    /// For an answer of the control or data plane that is not a success.
    package init(httpStatus: Int) {
        switch httpStatus {
        case 401, 403: self = .unauthorised
        case 404, 410: self = .notFound
        case 409, 412: self = .conflict
        default: self = .failed
        }
    }
}

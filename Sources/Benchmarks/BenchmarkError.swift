/// Why a benchmark cannot be run. Failed operations within a run are counted, not thrown.
package enum BenchmarkError: Error, Equatable, Sendable, CustomStringConvertible {
    case storage(String)
    /// The engine did not start, or not to the point where it can be measured.
    case engine(String)
    /// SQLite as the peer.
    case sqlite(String)
    case threads(String)
    /// A process that the benchmark started ended or said nothing.
    case child(String)
    /// The server to be measured.
    case server(String)
    /// Ctrl-C.
    case interrupted

    package var description: String {
        switch self {
        case .storage(let reason): "the benchmark's folder cannot be used: \(reason)"
        case .engine(let reason): "the engine cannot be measured: \(reason)"
        case .sqlite(let reason): "SQLite as the peer cannot be measured: \(reason)"
        case .threads(let reason): "a thread does not start: \(reason)"
        case .child(let reason): "a process of the benchmark failed: \(reason)"
        case .server(let reason): "the server cannot be measured: \(reason)"
        case .interrupted: "interrupted"
        }
    }
}

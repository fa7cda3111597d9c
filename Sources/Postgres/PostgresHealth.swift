import Synchronization

/// What is known of the way to PostgreSQL, and who is told when it changes.
package final class PostgresHealth: Sendable {
    package enum Event: Equatable, Sendable {
        case reached
        /// No connection could be made, or the last one was lost.
        case unreachable(String)
    }

    private struct State {
        var connections = 0
        var isReached: Bool?
    }

    private let state = Mutex(State())
    private let tell: @Sendable (Event) -> Void

    init(_ tell: @escaping @Sendable (Event) -> Void) { self.tell = tell }

    /// Connections that stand now.
    package var connections: Int { state.withLock { $0.connections } }

    func connected() {
        let isNews = state.withLock { state in
            state.connections += 1
            defer { state.isReached = true }
            return state.isReached != true
        }
        if isNews { tell(.reached) }
    }

    func disconnected(_ why: String?) {
        let isLast = state.withLock { state in
            state.connections -= 1
            guard why != nil, state.connections == 0 else { return false }
            defer { state.isReached = false }
            return state.isReached != false
        }
        if isLast { tell(.unreachable(why ?? "")) }
    }

    func unreachable(_ why: String) {
        let isNews = state.withLock { state in
            guard state.connections == 0 else { return false }
            defer { state.isReached = false }
            return state.isReached != false
        }
        if isNews { tell(.unreachable(why)) }
    }
}

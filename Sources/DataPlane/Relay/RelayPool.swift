import NIOCore

/// Which connection to a peer a request goes out on. Decides only; one for each peer and event loop.
///
/// A connection carries one request at a time. The one that was used last is used first, so that what is not needed becomes
/// idle and is closed.
struct RelayPool<Connection: AnyObject, Waiter> {
    enum Lease {
        case use(Connection)
        case wait
        case refuse
    }

    private struct Idle {
        let connection: Connection
        let since: NIODeadline
    }

    private let most: Int
    private let mostWaiting: Int
    private var idle: [Idle] = []
    private var waiting = CircularBuffer<Waiter>()
    /// Open ones, in use or not.
    private(set) var open = 0
    private(set) var connecting = 0

    init(most: Int, mostWaiting: Int) {
        self.most = most
        self.mostWaiting = mostWaiting
    }

    var isUnused: Bool { open == 0 && connecting == 0 && waiting.isEmpty }
    var idleCount: Int { idle.count }

    /// - Parameter fresh: only on a connection that nothing was sent on yet.
    mutating func lease(_ waiter: Waiter, fresh: Bool) -> Lease {
        if !fresh, let last = idle.popLast() { return .use(last.connection) }
        // Each connection that may still be opened, or is being, will take one of those that wait at once.
        guard waiting.count < mostWaiting + (most - open) else { return .refuse }
        waiting.append(waiter)
        return .wait
    }

    /// How many connections to open now. To be asked after every event; what it says is counted as begun.
    mutating func demand() -> Int {
        let count = max(0, min(waiting.count - connecting, most - open - connecting))
        connecting += count
        return count
    }

    /// A connection that was being opened is there.
    mutating func connected() {
        connecting -= 1
        open += 1
    }

    /// One could not be opened.
    mutating func failed() { connecting -= 1 }

    mutating func nextWaiting() -> Waiter? { waiting.popFirst() }

    /// Nobody waits, and the connection may serve another request.
    mutating func keep(_ connection: Connection, at now: NIODeadline) {
        idle.append(Idle(connection: connection, since: now))
    }

    mutating func closed(_ connection: Connection) {
        open -= 1
        idle.removeAll { $0.connection === connection }
    }

    /// - Returns: those that have been idle since `deadline` or longer; they count until they are closed.
    mutating func takeIdle(since deadline: NIODeadline) -> [Connection] {
        // In the order in which they became idle.
        let old = idle.prefix { $0.since <= deadline }
        idle.removeFirst(old.count)
        return old.map(\.connection)
    }
}

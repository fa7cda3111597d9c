/// Lets many callers who miss the same key share one read. Pure: it says who reads and who waits, and is bounded in both.
package struct FlightTable<Key: Hashable & Sendable>: Sendable {
    package enum Ticket: Equatable {
        /// Read, then `land`.
        case lead
        /// Wait under this number.
        case wait(UInt64)
        /// Too much under way.
        case refuse
    }

    private let maximumFlights: Int
    private let maximumWaiters: Int
    private var flights: [Key: [UInt64]] = [:]
    private var nextWaiter: UInt64 = 0

    package init(maximumFlights: Int, maximumWaiters: Int) {
        self.maximumFlights = maximumFlights
        self.maximumWaiters = maximumWaiters
    }

    package mutating func join(_ key: Key) -> Ticket {
        guard let waiters = flights[key] else {
            guard flights.count < maximumFlights else { return .refuse }
            flights[key] = []
            return .lead
        }
        guard waiters.count < maximumWaiters else { return .refuse }
        nextWaiter += 1
        flights[key]!.append(nextWaiter)
        return .wait(nextWaiter)
    }

    /// - Returns: who waited, in the order of arrival.
    package mutating func land(_ key: Key) -> [UInt64] {
        flights.removeValue(forKey: key) ?? []
    }
}

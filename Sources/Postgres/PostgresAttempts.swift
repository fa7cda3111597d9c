import Catalog
import Seams

/// Whether a transaction that failed is tried again, and when. Only what certainly changed nothing is.
struct PostgresAttempts {
    enum Verdict: Equatable {
        /// After so many nanoseconds.
        case again(after: UInt64)
        case fail(CatalogError)
    }

    /// Attempts that lost against other transactions.
    static let serializations = 12
    /// Connections that a transaction may lose under it.
    static let connections = 4

    private let isRead: Bool
    private let deadline: Instant
    private var lostRaces = 0
    private var lostConnections = 0
    private(set) var hasMetUnique = false

    init(_ transaction: CatalogTransaction, until deadline: Instant) {
        isRead = transaction.kind == .read
        self.deadline = deadline
    }

    /// - Parameter dice: any random number.
    mutating func failed(
        with error: CatalogError, _ trouble: PostgresConnection.Trouble?, at now: Instant, dice: UInt64
    ) -> Verdict {
        guard isRepeatable(error, trouble) else { return .fail(error) }
        let pause: UInt64
        switch trouble {
        case .serialization:
            lostRaces += 1
            guard lostRaces < Self.serializations else { return .fail(said(error)) }
            // Longer with each, so that even many find a gap: 1 ms, 2 ms, … up to 64 ms at most.
            pause = dice % (1_000_000 << UInt64(min(lostRaces, 6)))
        case .unique:
            hasMetUnique = true
            pause = 0
        case .connection:
            lostConnections += 1
            guard lostConnections < Self.connections else { return .fail(said(error)) }
            pause = 0
        case nil: return .fail(error)
        }
        guard deadline.nanoseconds(since: now) > pause else { return .fail(said(error)) }
        return .again(after: pause)
    }

    private func isRepeatable(_ error: CatalogError, _ trouble: PostgresConnection.Trouble?) -> Bool {
        switch error {
        case .unavailable: true
        // A commit without an answer; where nothing was to be changed it does not matter.
        case .outcomeUnknown: isRead
        // Once more with a new snapshot: guards that come first then say what there is.
        case .conflict: trouble == .unique && !hasMetUnique
        default: false
        }
    }

    private func said(_ error: CatalogError) -> CatalogError {
        if case .outcomeUnknown(let why) = error { return .unavailable(why) }
        return error
    }
}

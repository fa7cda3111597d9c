import Synchronization
package import Vocabulary

/// The answers of one plane on one event loop, by status and by time. Only that loop writes.
final class PlaneCounters: Sendable {
    /// Every status that this node gives; any other counts as 0, so that the series are few whatever is answered.
    static let statuses = [
        101, 200, 201, 202, 204, 206, 304, 400, 401, 403, 404, 405, 408, 409, 412, 413, 417, 421, 422, 426, 429, 431,
        500,
        501,
        503, 504, 507, 0,
    ]
    /// Place in `statuses` by status.
    private static let places: [UInt8] = (0..<600).map { status in
        UInt8(statuses.firstIndex(of: status) ?? statuses.count - 1)
    }

    let durations = DurationCounts()
    private let counts: InlineArray<28, Atomic<UInt64>>

    init() {
        counts = InlineArray { _ in Atomic(0) }
        assert(Self.statuses.count == counts.count)
    }

    func note(status: Int) {
        let place = Int(Self.places[status > 0 && status < 600 ? status : 0])
        counts[place].store(counts[place].load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    func add(to total: inout PlaneMetrics) {
        for (place, status) in Self.statuses.enumerated() {
            let count = counts[place].load(ordering: .relaxed)
            if count > 0 { total.answers[status, default: 0] &+= count }
        }
        total.durations += durations.totals
    }
}

/// The answers of one plane, added up over the event loops.
package struct PlaneMetrics: Hashable, Sendable {
    /// By status; those that this node never gives, under 0.
    package var answers: [Int: UInt64] = [:]
    /// From the complete request to the beginning of its answer.
    package var durations = DurationTotals()
}

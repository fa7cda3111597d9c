import Movers
import Synchronization
import Vocabulary

/// What became of moves since the start. Moves are few, so a lock will do.
final class MoveMeter: Sendable {
    private struct State {
        var counts: [String: UInt64] = [:]
        let pauses = DurationCounts()
    }

    static let names = ["done", "aborted", "halted", "arrived", "discarded", "damaged"]
    private let state = Mutex(State())

    func note(_ notice: MoveNotice) {
        state.withLock { state in
            if case .moved(_, let pause) = notice {
                state.pauses.note(nanoseconds: UInt64(clamping: pause) &* 1_000_000)
            }
            if let name = Self.name(notice) { state.counts[name, default: 0] += 1 }
        }
    }

    private static func name(_ notice: MoveNotice) -> String? {
        switch notice {
        case .moved: "done"
        case .aborted: "aborted"
        case .halted: "halted"
        case .arrived: "arrived"
        case .discarded: "discarded"
        case .sourceDamaged: "damaged"
        // The move itself is done and counted.
        case .tombstoneFailed: nil
        }
    }

    var results: [(String, UInt64)] {
        state.withLock { state in Self.names.map { ($0, state.counts[$0] ?? 0) } }
    }

    var pauses: DurationTotals { state.withLock { $0.pauses.totals } }
}

package import Catalog
package import Seams

/// A node's own view of its lease. Pure: it is told what was sent and answered, and says what follows.
///
/// The deadline counts from the monotonic instant at which a renewal was *sent*, since the catalog may have taken it at any
/// moment after; no wall clock is compared with another. Whether a deadline applies is the node's promise
/// (`stopsAtDeadline`), which others rely on when they read it in the node's row. So it binds from before the renewal that
/// carries it is sent, and ends only after a renewal without it was taken.
package struct LeaseHolder: Sendable {
    package enum Action: Equatable, Sendable {
        /// The node may serve until then; `distantFuture` where it promised no deadline.
        case serve(until: Instant)
        /// Serve nothing from now on, ever, under this incarnation.
        case stop(RenewRefusal)
        case none
    }

    private enum State {
        case waiting
        case held(from: Instant)
        case refused
    }

    private let numbers: LeaseNumbers
    private var state = State.waiting
    private var promises: Bool

    package init(_ numbers: LeaseNumbers, stopsAtDeadline: Bool) {
        self.numbers = numbers
        promises = stopsAtDeadline
    }

    /// To be obeyed before a renewal with this promise is sent.
    package mutating func willRenew(stopsAtDeadline: Bool) -> Action {
        guard stopsAtDeadline, !promises else { return .none }
        promises = true
        return granted
    }

    /// A renewal (or the registration) was taken.
    ///
    /// - Parameter sent: when its first copy was sent.
    package mutating func renewed(sent: Instant, stopsAtDeadline: Bool) -> Action {
        switch state {
        case .refused: return .none
        case .waiting: state = .held(from: sent)
        case .held(let from): state = .held(from: max(from, sent))
        }
        promises = stopsAtDeadline
        return granted
    }

    /// The catalog looked and refused: another incarnation, fenced, or no row. Deadline or not, that is the end.
    package mutating func refused(_ reason: RenewRefusal) -> Action {
        if case .refused = state { return .none }
        state = .refused
        return .stop(reason)
    }

    private var granted: Action {
        guard case .held(let from) = state else { return .none }
        return .serve(until: promises ? from.advanced(byNanoseconds: numbers.holderSpan) : .distantFuture)
    }
}

package import Catalog
package import Seams
import Synchronization
package import Vocabulary

/// The requests that wait at this node for a tenant's cutover to end: `ParkingLot` with those who wait in it.
///
/// Whether a tenant is parked is what the `OwnerBook` says, looked at again under the lot's lock: a request is never put
/// down after the others were taken up.
package final class ParkedRequests: Sendable {
    /// How a wait ends. Nothing of the request was executed.
    package enum End: Equatable, Sendable {
        /// The tenant stays: judge the request again (`OwnerCheck`), then run it here.
        case serveHere
        /// The tenant has gone: a router sends the request to the new owner; one that was forwarded gets this as its 421.
        case sendOn(NotOwner)
        /// It waited long enough, or the node stops: 503 `moving`.
        case expired
    }

    package enum Answer: Equatable, Sendable {
        /// It waits; its closure is called once. The number is for `leave`.
        case parked(UInt64)
        /// No room: 503 `busy`.
        case full
        /// The cutover is over by now: judge the request again.
        case over
    }

    private struct State {
        var lot: ParkingLot
        var waiting: [UInt64: @Sendable (End) -> Void] = [:]
        var next: UInt64 = 0
        var isClosed = false
    }

    /// Nanoseconds between two looks at who has waited long enough.
    private static let look: UInt64 = 100_000_000

    private let book: OwnerBook
    private let time: any TimeSource
    private let state: Mutex<State>

    package init(book: OwnerBook, bounds: ParkingLot.Bounds = ParkingLot.Bounds(), time: any TimeSource) {
        self.book = book
        self.time = time
        state = Mutex(State(lot: ParkingLot(bounds)))
    }

    package var count: Int { state.withLock { $0.lot.count } }
    package var bytes: Int { state.withLock { $0.lot.bytes } }

    /// Lets a request wait, in order with the tenant's others.
    ///
    /// - Parameter bytes: what the request holds in memory.
    /// - Parameter end: called at most once, on whichever thread ends the wait; short, it holds up the others.
    package func park(_ tenant: TenantID, bytes: Int, then end: @escaping @Sendable (End) -> Void) -> Answer {
        let now = time.monotonic()
        return state.withLock { state in
            guard !state.isClosed else { return .full }
            guard isParked(tenant) else { return .over }
            state.next += 1
            guard state.lot.park(state.next, of: tenant, bytes: bytes, at: now) == .parked else { return .full }
            state.waiting[state.next] = end
            return .parked(state.next)
        }
    }

    private func isParked(_ tenant: TenantID) -> Bool {
        switch book.holding(tenant)?.phase {
        case .writesParked, .allParked: true
        case .serving, .released, nil: false
        }
    }

    /// The client went away; its closure is not called any more.
    package func leave(_ number: UInt64) {
        state.withLock { state in
            guard state.lot.leave(number) else { return }
            state.waiting[number] = nil
        }
    }

    /// Ends the waits of a tenant, in order. To be called after the book was turned.
    package func settle(_ tenant: TenantID) {
        let end: End
        switch book.holding(tenant)?.phase {
        case .released(let owner, let epoch): end = .sendOn(NotOwner(owner: owner, epoch: epoch))
        case .serving, nil: end = .serveHere
        case .writesParked, .allParked: return
        }
        let ended = state.withLock { state in
            state.lot.release(tenant).compactMap { state.waiting.removeValue(forKey: $0) }
        }
        for waiter in ended { waiter(end) }
    }

    /// Ends the waits that have lasted too long.
    package func expire() {
        let now = time.monotonic()
        let ended = state.withLock { state in
            state.lot.expire(at: now).compactMap { state.waiting.removeValue(forKey: $0.number) }
        }
        for waiter in ended { waiter(.expired) }
    }

    /// Watches the clock until the task is cancelled; then every wait ends, and none begins any more.
    package func run(sleep: Sleep) async {
        while (try? await sleep(Self.look)) != nil { expire() }
        let ended = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [:] }
            return state.waiting.sorted { $0.key < $1.key }.map(\.value)
        }
        for waiter in ended { waiter(.expired) }
    }
}

/// Which nonces were used within the time that their signatures are good for: bounded, and refuses rather than forgets.
///
/// Nonces are kept by the time that their signature states, in slots, so that whole slots are dropped once no signature of
/// theirs can pass any more.
struct NonceMemory {
    enum Answer { case new, seen, full, forgotten }

    /// Milliseconds.
    private static let slotLength: Int64 = 10_000

    private let window: Int64
    private let capacity: Int
    private var slots: [Int64: Set<UInt64>] = [:]
    /// What was stated to be of an earlier slot may have been dropped: where a clock is put back it is not taken again.
    private var firstKept = Int64.min
    private(set) var count = 0

    init(window: Int64, capacity: Int) {
        self.window = window
        self.capacity = capacity
    }

    /// - Parameter time: what the signature states; the caller has checked that it is within the window around `now`.
    mutating func admit(_ nonce: UInt64, time: Int64, now: Int64) -> Answer {
        let slot = Self.slot(of: time)
        guard slot >= firstKept else { return .forgotten }
        if slots[slot]?.contains(nonce) == true { return .seen }
        if slots[slot] == nil { dropSlots(before: Self.slot(of: now - window)) }
        guard count < capacity else { return .full }
        slots[slot, default: []].insert(nonce)
        count += 1
        return .new
    }

    private mutating func dropSlots(before first: Int64) {
        for (slot, nonces) in slots where slot < first {
            count -= nonces.count
            slots[slot] = nil
            firstKept = max(firstKept, slot + 1)
        }
    }

    private static func slot(of time: Int64) -> Int64 {
        // Rounds down below zero too, or two slots would share a number.
        time >= 0 ? time / slotLength : (time - slotLength + 1) / slotLength
    }
}

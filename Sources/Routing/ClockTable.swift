/// A bounded map that evicts by second chance: what was used since the hand last passed stays, so a flood of keys that are
/// asked for once does not push out those that are asked for often. Every operation is a few steps, amortised.
struct ClockTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Slot {
        var key: Key
        var value: Value
        var used: Bool
    }

    private let capacity: Int
    private var index: [Key: Int] = [:]
    private var slots: [Slot?] = []
    private var free: [Int] = []
    private var hand = 0

    /// - Parameter capacity: entries, at least 1. Memory is taken as they come.
    init(capacity: Int) { self.capacity = max(capacity, 1) }

    var count: Int { index.count }
    var keys: [Key] { Array(index.keys) }

    /// Reads and marks as used.
    mutating func use(_ key: Key) -> Value? {
        guard let place = index[key] else { return nil }
        slots[place]!.used = true
        return slots[place]!.value
    }

    /// Reads without marking.
    func peek(_ key: Key) -> Value? {
        index[key].flatMap { slots[$0]?.value }
    }

    /// - Returns: what had to go to make room.
    mutating func set(_ key: Key, _ value: Value) -> (key: Key, value: Value)? {
        if let place = index[key] {
            slots[place]!.value = value
            return nil
        }
        var evicted: (key: Key, value: Value)?
        let place: Int
        if let hole = free.popLast() {
            place = hole
        } else if slots.count < capacity {
            place = slots.count
            slots.append(nil)
        } else {
            place = nextVictim()
            evicted = slots[place].map { ($0.key, $0.value) }
            if let evicted { index[evicted.key] = nil }
        }
        slots[place] = Slot(key: key, value: value, used: false)
        index[key] = place
        return evicted
    }

    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
        guard let place = index.removeValue(forKey: key) else { return nil }
        defer {
            slots[place] = nil
            free.append(place)
        }
        return slots[place]?.value
    }

    mutating func removeAll() {
        index = [:]
        slots = []
        free = []
        hand = 0
    }

    /// Only called while every slot is taken; ends after at most two rounds.
    private mutating func nextVictim() -> Int {
        while true {
            defer { hand = (hand + 1) % slots.count }
            guard slots[hand]?.used == true else { return hand }
            slots[hand]!.used = false
        }
    }
}

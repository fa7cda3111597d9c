/// A dictionary that forgets what has not been used for long: bounded, and O(1) whatever happens.
///
/// Two halves: a full young half becomes the old one, and the old one is dropped; what is used again moves to the young half.
struct TwoGenerations<Key: Hashable, Value> {
    private let half: Int
    private let weigh: @Sendable (Value) -> Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    /// Of the young half.
    private var weight = 0

    /// - Parameters:
    ///   - capacity: entries at most, or what they weigh together.
    ///   - weigh: what an entry counts for, at least 1.
    init(capacity: Int, weigh: @escaping @Sendable (Value) -> Int = { _ in 1 }) {
        half = max(1, capacity / 2)
        self.weigh = weigh
    }

    var count: Int { young.count + old.count }

    mutating func value(for key: Key) -> Value? {
        var dropped: [Key: Value] = [:]
        return value(for: key, dropping: &dropped)
    }

    /// - Parameter dropped: gets what is forgotten for it, so that the caller can free it outside of a lock.
    mutating func value(for key: Key, dropping dropped: inout [Key: Value]) -> Value? {
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        dropped = insert(value, for: key)
        return value
    }

    /// - Returns: what is forgotten for it.
    @discardableResult
    mutating func insert(_ value: Value, for key: Key) -> [Key: Value] {
        var dropped: [Key: Value] = [:]
        if weight >= half, young[key] == nil {
            dropped = old
            old = young
            young = Dictionary(minimumCapacity: min(half, old.count))
            weight = 0
        } else {
            old.removeValue(forKey: key)
        }
        weight += max(1, weigh(value))
        if let replaced = young.updateValue(value, forKey: key) { weight -= max(1, weigh(replaced)) }
        return dropped
    }

    mutating func remove(_ key: Key) {
        if let value = young.removeValue(forKey: key) { weight -= max(1, weigh(value)) }
        old.removeValue(forKey: key)
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
        weight = 0
    }
}

/// A dictionary that forgets what has not been used for long: bounded, and O(1) whatever happens.
///
/// Two halves: a full young half becomes the old one, and the old one is dropped; what is used again moves to the young half.
struct TwoGenerations<Key: Hashable, Value> {
    private let half: Int
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]

    /// - Parameter capacity: entries at most.
    init(capacity: Int) { half = max(1, capacity / 2) }

    var count: Int { young.count + old.count }

    mutating func value(for key: Key) -> Value? {
        if let value = young[key] { return value }
        guard let value = old.removeValue(forKey: key) else { return nil }
        insert(value, for: key)
        return value
    }

    mutating func insert(_ value: Value, for key: Key) {
        if young.count >= half, young[key] == nil {
            old = young
            young = Dictionary(minimumCapacity: half)
        } else {
            old.removeValue(forKey: key)
        }
        young[key] = value
    }

    mutating func remove(_ key: Key) {
        young.removeValue(forKey: key)
        old.removeValue(forKey: key)
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }
}

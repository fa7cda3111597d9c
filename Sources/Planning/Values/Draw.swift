/// The planner's randomness: a value that replays from its seed (SplitMix64), so that a plan can be made again.
struct Draw {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// So many of the list (all, if it has no more), in the order drawn.
    mutating func sample<Element>(_ count: Int, of list: [Element]) -> [Element] {
        guard list.count > max(count, 0) else { return list }
        var rest = list
        for place in 0..<max(count, 0) {
            let other = place + Int(next() % UInt64(rest.count - place))
            rest.swapAt(place, other)
        }
        return Array(rest[..<max(count, 0)])
    }
}

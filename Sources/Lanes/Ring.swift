/// A first-in, first-out buffer that keeps its storage; it doubles when it is full.
struct Ring<Element> {
    private var slots: ContiguousArray<Element?>
    private var head = 0
    private(set) var count = 0

    /// - Parameter capacity: slots to begin with, rounded up to a power of two.
    init(capacity: Int) {
        var size = 16
        while size < capacity { size *= 2 }
        slots = ContiguousArray(repeating: nil, count: size)
    }

    var isEmpty: Bool { count == 0 }

    mutating func append(_ element: Element) {
        if count == slots.count { grow() }
        slots[(head &+ count) & (slots.count &- 1)] = element
        count &+= 1
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        defer {
            slots[head] = nil
            head = (head &+ 1) & (slots.count &- 1)
            count &-= 1
        }
        return slots[head]
    }

    private mutating func grow() {
        var larger = ContiguousArray<Element?>(repeating: nil, count: slots.count * 2)
        for index in 0..<count { larger[index] = slots[(head &+ index) & (slots.count &- 1)] }
        slots = larger
        head = 0
    }
}

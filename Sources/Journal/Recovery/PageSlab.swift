import Vocabulary

/// A bounded store of page images. Not Sendable.
final class PageSlab {
    private let memory: UnsafeMutableRawPointer
    private var free: [Int32]
    let capacity: Int

    /// - Parameter bytes: Memory for images, rounded down to whole pages, at least one.
    init(bytes: Int) {
        capacity = max(1, bytes / PageHash.pageSize)
        memory = .allocate(byteCount: capacity * PageHash.pageSize, alignment: 4096)
        free = (0..<Int32(capacity)).reversed()
    }

    deinit { memory.deallocate() }

    var isExhausted: Bool { free.isEmpty }

    func take() -> Int32? { free.popLast() }
    func giveBack(_ slot: Int32) { free.append(slot) }

    @inline(__always)
    func image(_ slot: Int32) -> UnsafeMutableRawPointer { memory + Int(slot) * PageHash.pageSize }
}

import Synchronization

/// What a tenant has used since somebody last asked. Added to on its thread, a few instructions at a time; asked from any.
final class LoadCounter: Sendable {
    private let nanoseconds = Atomic<UInt64>(0)
    private let written = Atomic<UInt64>(0)
    private let memory = Atomic<Int>(0)

    /// A statement ran for so long.
    func ran(_ nanoseconds: UInt64) { self.nanoseconds.wrappingAdd(nanoseconds, ordering: .relaxed) }
    /// A commit changed so many bytes of pages.
    func wrote(_ bytes: UInt64) { written.wrappingAdd(bytes, ordering: .relaxed) }
    /// It holds so many bytes of memory from now on.
    func holds(_ bytes: Int) { memory.store(bytes, ordering: .relaxed) }

    func take() -> (nanoseconds: UInt64, written: UInt64, memory: Int) {
        (
            nanoseconds.exchange(0, ordering: .relaxed), written.exchange(0, ordering: .relaxed),
            memory.load(ordering: .relaxed)
        )
    }
}

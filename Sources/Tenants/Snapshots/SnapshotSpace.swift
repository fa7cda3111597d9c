import Synchronization

/// Disk space of copies that somebody still reads or that are being made, so that all of them together have a bound.
final class SnapshotSpace: Sendable {
    /// Bytes of all copies of a node.
    private static let most: Int64 = 64 << 30
    /// Bytes that copies leave free on the disk.
    private static let spare: Int64 = 256 << 20

    private struct State {
        var taken: Int64 = 0
        /// Of these, what is not on the disk yet.
        var coming: Int64 = 0
    }

    private let state = Mutex(State())

    /// A copy's share; given back with the last who holds it.
    final class Share: Sendable {
        private let space: SnapshotSpace
        private let bytes: Int64
        private let isWritten = Atomic<Bool>(false)

        fileprivate init(_ bytes: Int64, of space: SnapshotSpace) {
            self.bytes = bytes
            self.space = space
        }

        deinit {
            noteWritten()
            space.state.withLock { $0.taken -= bytes }
        }

        /// The copy is on the disk, or is not going to be.
        func noteWritten() {
            guard !isWritten.exchange(true, ordering: .relaxed) else { return }
            space.state.withLock { $0.coming -= bytes }
        }
    }

    /// - Parameter free: bytes that are free on the disk now.
    /// - Returns: nil where there is not so much room.
    func take(_ bytes: Int64, free: Int64) -> Share? {
        let mayTake = state.withLock { state in
            guard free - state.coming - bytes >= Self.spare, state.taken + bytes <= Self.most else { return false }
            state.taken += bytes
            state.coming += bytes
            return true
        }
        return mayTake ? Share(bytes, of: self) : nil
    }
}

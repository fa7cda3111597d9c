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
        private let isKept: Bool
        private let isWritten = Atomic<Bool>(false)

        fileprivate init(_ bytes: Int64, isKept: Bool, of space: SnapshotSpace) {
            self.bytes = bytes
            self.isKept = isKept
            self.space = space
        }

        deinit {
            noteWritten()
            if isKept { space.state.withLock { $0.taken -= bytes } }
        }

        /// The copy is on the disk, or is not going to be.
        func noteWritten() {
            guard !isWritten.exchange(true, ordering: .relaxed) else { return }
            space.state.withLock { $0.coming -= bytes }
        }
    }

    /// - Parameters:
    ///   - free: bytes that are free on the disk now.
    ///   - isKept: false for a copy that soon takes the place of what it was made of: only the disk bounds it.
    /// - Returns: nil where there is not so much room.
    func take(_ bytes: Int64, free: Int64, isKept: Bool = true) -> Share? {
        let mayTake = state.withLock { state in
            guard free - state.coming - bytes >= Self.spare, !isKept || state.taken + bytes <= Self.most else {
                return false
            }
            if isKept { state.taken += bytes }
            state.coming += bytes
            return true
        }
        return mayTake ? Share(bytes, isKept: isKept, of: self) : nil
    }
}

package import Seams
import Synchronization

/// Open descriptors of database files, bounded: the least recently used one that nobody is reading is closed for the next.
///
/// A node serves more tenants than a process may have descriptors; a tenant whose pages are cached needs none.
package final class DescriptorCache: Sendable {
    /// One file's place in the cache. Its fields are guarded by the cache's lock.
    final class Slot: @unchecked Sendable {
        fileprivate var file: (any File)?
        fileprivate var pins = 0
        /// Nobody comes for it any more: closed with its last user.
        fileprivate var isRetired = false
        fileprivate var newer: Slot?
        fileprivate unowned(unsafe) var older: Slot?
        let path: String
        init(path: String) { self.path = path }
    }

    private struct State {
        var open = 0
        /// Unpinned slots with a descriptor, from the oldest to the newest.
        var oldest: Slot?
        unowned(unsafe) var newest: Slot?
    }

    private let files: any Files
    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: descriptors kept open; at least 4.
    package init(files: any Files, capacity: Int) {
        self.files = files
        self.capacity = max(4, capacity)
    }

    package var openCount: Int { state.withLock { $0.open } }

    /// Runs `body` with the slot's file, opened if need be. The file stays open at least as long.
    func use<T>(_ slot: Slot, _ body: (any File) throws(FileError) -> T) throws(FileError) -> T {
        let file = try pin(slot)
        defer { unpin(slot) }
        return try body(file)
    }

    /// Closes the slot's descriptor, now or when its last user has done.
    func forget(_ slot: Slot) {
        let file: (any File)? = state.withLock { state in
            slot.isRetired = true
            guard slot.pins == 0, let file = slot.file else { return nil }
            Self.unlink(slot, &state)
            slot.file = nil
            state.open -= 1
            return file
        }
        file?.close()
    }

    private func pin(_ slot: Slot) throws(FileError) -> any File {
        let known: (any File)? = state.withLock { state in
            guard let file = slot.file else { return nil }
            if slot.pins == 0 { Self.unlink(slot, &state) }
            slot.pins += 1
            return file
        }
        if let known { return known }
        return try open(slot)
    }

    /// Opens outside the lock; if another thread was faster its descriptor wins.
    private func open(_ slot: Slot) throws(FileError) -> any File {
        let fresh = try files.open(slot.path, .update)
        var surplus: [any File] = []
        let file: any File = state.withLock { state in
            if let raced = slot.file {
                if slot.pins == 0 { Self.unlink(slot, &state) }
                slot.pins += 1
                surplus.append(fresh)
                return raced
            }
            slot.file = fresh
            slot.pins = 1
            state.open += 1
            while state.open > capacity, let victim = state.oldest {
                Self.unlink(victim, &state)
                if let file = victim.file { surplus.append(file) }
                victim.file = nil
                state.open -= 1
            }
            return fresh
        }
        for file in surplus { file.close() }
        return file
    }

    private func unpin(_ slot: Slot) {
        let surplus: (any File)? = state.withLock { state in
            slot.pins -= 1
            guard slot.pins == 0, let file = slot.file else { return nil }
            guard state.open <= capacity, !slot.isRetired else {
                slot.file = nil
                state.open -= 1
                return file
            }
            Self.append(slot, &state)
            return nil
        }
        surplus?.close()
    }

    private static func append(_ slot: Slot, _ state: inout State) {
        slot.older = state.newest
        slot.newer = nil
        if let newest = state.newest { newest.newer = slot } else { state.oldest = slot }
        state.newest = slot
    }

    private static func unlink(_ slot: Slot, _ state: inout State) {
        guard slot.pins == 0 else { return }
        let newer = slot.newer
        if let older = slot.older { older.newer = newer } else if state.oldest === slot { state.oldest = newer }
        if let newer { newer.older = slot.older } else if state.newest === slot { state.newest = slot.older }
        slot.older = nil
        slot.newer = nil
    }
}

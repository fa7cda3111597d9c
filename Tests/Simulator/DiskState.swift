/// A change of a file's content that no sync has covered.
enum PendingChange {
    case write(offset: Int, bytes: [UInt8])
    case truncate(size: Int)
}

/// A file: what is on the platter, what reads see, and the changes in between, in order.
struct SimulatedInode {
    var synced: [UInt8] = []
    var current: [UInt8] = []
    var pending: [PendingChange] = []
    /// No name leads to it any more; it takes no room.
    var isUnlinked = false
    /// What the next sync of this file alone will say.
    var syncError: Int32?

    static func apply(_ change: PendingChange, to image: inout [UInt8]) {
        switch change {
        case .write(let offset, let bytes):
            if image.count < offset { image.append(contentsOf: repeatElement(0, count: offset - image.count)) }
            let overlap = min(bytes.count, image.count - offset)
            image.replaceSubrange(offset..<(offset + overlap), with: bytes[..<overlap])
            image.append(contentsOf: bytes[overlap...])
        case .truncate(let size):
            if size < image.count {
                image.removeLast(image.count - size)
            } else {
                image.append(contentsOf: repeatElement(0, count: size - image.count))
            }
        }
    }

    mutating func change(_ change: PendingChange) {
        Self.apply(change, to: &current)
        pending.append(change)
    }

    mutating func sync() {
        for change in pending { Self.apply(change, to: &synced) }
        pending.removeAll()
    }

    /// A sync of the whole file system failed: what it should have written of this file is lost, and the file's own next
    /// sync says so, once.
    mutating func failToSync(_ code: Int32) {
        guard !pending.isEmpty else { return }
        forgetPending()
        syncError = code
    }

    mutating func takeSyncError() -> Int32? {
        defer { syncError = nil }
        return syncError
    }

    /// What reads see from now on is what is on the platter and what waits to be written.
    mutating func evict() {
        current = synced
        for change in pending { Self.apply(change, to: &current) }
    }

    /// After a failed sync the system believes these pages to be clean.
    mutating func forgetPending() { pending.removeAll() }
}

/// What a name in a folder stands for.
enum SimulatedNode: Hashable {
    case file(Int)
    case folder(Int)
}

/// A change of one name in one folder; a rename within a folder is one change of two names.
struct NameChange {
    var sets: [(name: String, node: SimulatedNode)]
    var removes: [String]

    func apply(to names: inout [String: SimulatedNode]) {
        for name in removes { names[name] = nil }
        for (name, node) in sets { names[name] = node }
    }
}

/// A folder, in the same manner as a file.
struct SimulatedFolder {
    var synced: [String: SimulatedNode] = [:]
    var current: [String: SimulatedNode] = [:]
    var pending: [NameChange] = []

    mutating func change(_ change: NameChange) {
        change.apply(to: &current)
        pending.append(change)
    }

    mutating func sync() {
        for change in pending { change.apply(to: &synced) }
        pending.removeAll()
    }
}

/// The whole disk as a value. Folder 0 is the root.
struct DiskState {
    var inodes: [SimulatedInode] = []
    var folders: [SimulatedFolder] = [SimulatedFolder()]
    var capacity = Int.max
    /// Files that the process may have open.
    var descriptorLimit = Int.max
    var openFiles = 0
    var faults: [(operation: DiskOperation?, nth: Int, fault: DiskFault)] = []
    var counts: [DiskOperation: Int] = [:]
    var total = 0
    var isFrozen = false
    var syncsLie = false
    /// How often content could not be written, and how many of these times some holder of the file system was told of.
    var failures = 0
    var heardFailures = 0
    var supportsSyncFileSystem = true

    func hasRoom(for growth: Int) -> Bool { capacity == .max || growth == 0 || used + growth <= capacity }

    mutating func failWriteback(_ code: Int32) {
        for index in inodes.indices { inodes[index].failToSync(code) }
        failures += 1
    }

    mutating func evict() {
        for index in inodes.indices where !inodes[index].isUnlinked { inodes[index].evict() }
    }

    var used: Int { inodes.reduce(0) { $0 + ($1.isUnlinked ? 0 : $1.current.count) } }
}

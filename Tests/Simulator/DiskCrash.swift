/// What a power cut leaves.
extension DiskState {
    private static let sector = 512

    func crashed(seed: UInt64, mode: CrashMode) -> DiskState {
        var generator = SplitMix(state: seed)
        var left = DiskState()
        left.capacity = capacity
        left.descriptorLimit = descriptorLimit
        left.supportsSyncFileSystem = supportsSyncFileSystem
        left.inodes = inodes.map { inode in
            var image = inode.synced
            for change in inode.pending { Self.keep(change, mode, &generator, &image) }
            return SimulatedInode(synced: image, current: image)
        }
        left.folders = folders.map { folder in
            let names = Self.keptNames(folder, mode, &generator)
            return SimulatedFolder(synced: names, current: names)
        }
        let named = Set(left.folders.flatMap(\.current.values))
        for index in left.inodes.indices where !named.contains(.file(index)) {
            left.inodes[index] = SimulatedInode(isUnlinked: true)
        }
        return left
    }

    private static func keep(
        _ change: PendingChange, _ mode: CrashMode, _ generator: inout SplitMix, _ image: inout [UInt8]
    ) {
        switch mode {
        case .dropAll: return
        case .keepAll: SimulatedInode.apply(change, to: &image)
        case .randomSubset:
            if generator.next() & 1 == 0 { SimulatedInode.apply(change, to: &image) }
        case .reorderTear:
            guard case .write(let offset, let bytes) = change else {
                if generator.next() & 1 == 0 { SimulatedInode.apply(change, to: &image) }
                return
            }
            for piece in sectors(offset, bytes) where generator.next() & 1 == 0 {
                SimulatedInode.apply(piece, to: &image)
            }
        }
    }

    /// A write cut at the disk's sector boundaries.
    static func sectors(_ offset: Int, _ bytes: [UInt8]) -> [PendingChange] {
        var pieces: [PendingChange] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + sector - (offset + start) % sector)
            pieces.append(.write(offset: offset + start, bytes: Array(bytes[start..<end])))
            start = end
        }
        return pieces
    }

    private static func keptNames(
        _ folder: SimulatedFolder, _ mode: CrashMode, _ generator: inout SplitMix
    ) -> [String: SimulatedNode] {
        var names = folder.synced
        switch mode {
        case .dropAll: break
        case .keepAll: for change in folder.pending { change.apply(to: &names) }
        case .randomSubset:
            // A file system keeps its own log: what it kept of a folder's changes is a beginning.
            let count = folder.pending.isEmpty ? 0 : Int(generator.next() % UInt64(folder.pending.count + 1))
            for change in folder.pending.prefix(count) { change.apply(to: &names) }
        case .reorderTear:
            for change in folder.pending where generator.next() & 1 == 0 { change.apply(to: &names) }
        }
        return names
    }
}

import Glibc
import Seams
import Synchronization

/// An open file of a simulated disk. Not to be used after the disk has crashed: it goes on naming the old one.
final class SimulatedFile: File {
    private let disk: SimulatedDisk
    private let inode: Int
    private let path: String

    init(disk: SimulatedDisk, inode: Int, path: String) {
        self.disk = disk
        self.inode = inode
        self.path = path
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
        try disk.read(inode, path, buffer, Int(offset))
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
        try disk.write(inode, path, Array(bytes), Int(offset))
    }

    func write(vector: [UnsafeRawBufferPointer], at offset: Int64) throws(FileError) {
        var joined: [UInt8] = []
        joined.reserveCapacity(vector.reduce(0) { $0 + $1.count })
        for piece in vector { joined.append(contentsOf: piece) }
        try disk.write(inode, path, joined, Int(offset))
    }

    func truncate(to size: Int64) throws(FileError) { try disk.truncate(inode, path, Int(size)) }
    func sync() throws(FileError) { try disk.sync(inode, path) }
    func size() throws(FileError) -> Int64 { try disk.size(inode, path) }
    func close() { disk.state.withLock { $0.openFiles -= 1 } }
}

/// Calls of open files.
extension SimulatedDisk {
    func read(_ inode: Int, _ path: String, _ buffer: UnsafeMutableRawBufferPointer, _ offset: Int)
        throws(FileError) -> Int
    {
        _ = try enter(.read, path)
        nonisolated(unsafe) let target = buffer
        return state.withLock { state in
            let image = state.inodes[inode].current
            let count = max(0, min(target.count, image.count - offset))
            if count > 0 {
                image.withUnsafeBytes {
                    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + count)]))
                }
            }
            return count
        }
    }

    func write(_ inode: Int, _ path: String, _ bytes: [UInt8], _ offset: Int) throws(FileError) {
        let fault = try enter(.write, path)
        try state.withLock { state -> Result<Void, FileError> in
            let growth = max(0, offset + bytes.count - state.inodes[inode].current.count)
            guard state.hasRoom(for: growth) else { return .failure(.full(path: path)) }
            switch fault {
            case .short(let count, let code)?:
                let part = Array(bytes.prefix(count))
                if !part.isEmpty { state.inodes[inode].change(.write(offset: offset, bytes: part)) }
                return .failure(.failed(operation: "write", path: path, errno: code))
            case .tear(let seed)?:
                var generator = SplitMix(state: seed)
                for piece in DiskState.sectors(offset, bytes) where generator.next() & 1 == 0 {
                    state.inodes[inode].change(piece)
                }
                state.isFrozen = true
                return .failure(.failed(operation: "write", path: path, errno: EIO))
            default:
                if !bytes.isEmpty { state.inodes[inode].change(.write(offset: offset, bytes: bytes)) }
                return .success(())
            }
        }.get()
    }

    func truncate(_ inode: Int, _ path: String, _ size: Int) throws(FileError) {
        try run(.truncate, path) { state -> Result<Void, FileError> in
            let growth = max(0, size - state.inodes[inode].current.count)
            guard state.hasRoom(for: growth) else { return .failure(.full(path: path)) }
            state.inodes[inode].change(.truncate(size: size))
            return .success(())
        }
    }

    func sync(_ inode: Int, _ path: String) throws(FileError) {
        let fault = try enter(.sync, path)
        try state.withLock { state -> Result<Void, FileError> in
            switch fault {
            case .fail(let code)?:
                state.inodes[inode].forgetPending()
                return .failure(.failed(operation: "sync", path: path, errno: code))
            case .lie?: return .success(())
            default:
                if let code = state.inodes[inode].takeSyncError() {
                    return .failure(.failed(operation: "sync", path: path, errno: code))
                }
                if !state.syncsLie { state.inodes[inode].sync() }
                return .success(())
            }
        }.get()
    }

    func size(_ inode: Int, _ path: String) throws(FileError) -> Int64 {
        try run(.size, path) { state in .success(Int64(state.inodes[inode].current.count)) }
    }
}

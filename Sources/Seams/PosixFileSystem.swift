import CLinux
import Glibc

/// A real file system of a kind that is known to report write errors to `syncfs`.
final class PosixFileSystem: FileSystem {
    private let descriptor: Int32
    private let path: String

    /// - Returns: nil where a sync of the whole could pass over a failed write.
    init?(holding path: String) throws(FileError) {
        guard Self.kernelReportsErrors else { return nil }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.from(errno, "open", path) }
        self.descriptor = descriptor
        self.path = path
        guard Self.reporting.contains(rh_file_system_kind(descriptor)) else { return nil }
    }

    deinit { close(descriptor) }

    func sync() throws(FileError) {
        guard rh_syncfs(descriptor) == 0 else { throw FileError.from(errno, "syncfs", path) }
    }

    /// ext2 to ext4, XFS, Btrfs, F2FS, tmpfs. Layered and network file systems keep errors to themselves or to the file.
    private static let reporting: Set<Int> = [0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x0102_1994]

    /// `syncfs` reports write errors since Linux 5.8 only.
    private static let kernelReportsErrors: Bool = {
        var name = utsname()
        guard uname(&name) == 0 else { return false }
        let release = withUnsafePointer(to: &name.release) { field in
            field.withMemoryRebound(to: CChar.self, capacity: 65) { String(cString: $0) }
        }
        let numbers = release.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else { return false }
        return (numbers[0], numbers[1]) >= (5, 8)
    }()
}

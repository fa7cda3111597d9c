import Glibc

/// One process at a time on a data directory. Held until the process ends, however it ends.
package final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// - Returns: nil where another process holds it.
    /// - Throws: `FileError`, where the folder or the lock's file cannot be made.
    package static func take(_ directory: String) throws(FileError) -> DirectoryLock? {
        try PosixFiles().makeDirectory(directory)
        let path = directory + "/lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError.from(errno, "open", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { return nil }
            throw FileError.from(code, "flock", path)
        }
        return DirectoryLock(descriptor: descriptor)
    }

    private init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

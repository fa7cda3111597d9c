import Glibc

/// The real file system.
package struct PosixFiles: Files {
    package init() {}

    package func open(_ path: String, _ mode: FileMode) throws(FileError) -> any File {
        let flags: Int32 =
            switch mode {
            case .read: O_RDONLY
            case .update: O_RDWR
            case .create: O_RDWR | O_CREAT
            case .createNew: O_RDWR | O_CREAT | O_EXCL
            }
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError.from(errno, "open", path) }
        return PosixFile(descriptor: descriptor, path: path)
    }

    package func remove(_ path: String) throws(FileError) {
        guard unlink(path) == 0 else { throw FileError.from(errno, "unlink", path) }
    }

    package func rename(_ from: String, to: String) throws(FileError) {
        guard Glibc.rename(from, to) == 0 else { throw FileError.from(errno, "rename", from) }
    }

    package func makeDirectory(_ path: String) throws(FileError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw FileError.from(errno, "mkdir", path)
        }
        try makeDirectory(String(path[..<slash]))
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw FileError.from(errno, "mkdir", path) }
    }

    package func list(_ directory: String) throws(FileError) -> [String] {
        guard let stream = opendir(directory) else { throw FileError.from(errno, "opendir", directory) }
        defer { closedir(stream) }
        return try Self.names(in: directory) { readdir(stream) }
    }

    /// - Parameter next: `readdir`: nil at the end, and after an error, which only `errno` tells apart.
    static func names(
        in directory: String, _ next: () -> UnsafeMutablePointer<dirent>?
    ) throws(FileError) -> [String] {
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = next() else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        // A listing cut short must not pass for a folder with fewer files.
        guard errno == 0 else { throw FileError.from(errno, "readdir", directory) }
        return names.sorted()
    }

    package func size(of path: String) throws(FileError) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno == ENOENT { return nil }
            throw FileError.from(errno, "stat", path)
        }
        return Int64(status.st_size)
    }

    package func syncDirectory(_ path: String) throws(FileError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError.from(errno, "open", path) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw FileError.from(errno, "fsync", path) }
    }

    package func fileSystem(holding folder: String) throws(FileError) -> (any FileSystem)? {
        try PosixFileSystem(holding: folder)
    }

    package func freeBytes(holding path: String) throws(FileError) -> Int64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw FileError.from(errno, "statvfs", path) }
        return Int64(status.f_bavail) * Int64(status.f_frsize)
    }
}

/// An open descriptor.
package final class PosixFile: File {
    private let descriptor: Int32
    private let path: String

    init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError.from(errno, "read", path)
            }
            done += count
        }
        return done
    }

    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError.from(errno, "write", path)
            }
            done += count
        }
    }

    package func write(vector: [UnsafeRawBufferPointer], at offset: Int64) throws(FileError) {
        var pieces = vector.filter { !$0.isEmpty }.map {
            iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
        }
        var first = 0
        var position = off_t(offset)
        while first < pieces.count {
            let batch = min(pieces.count - first, Int(IOV_MAX_LINUX))
            let written = pieces.withUnsafeBufferPointer {
                pwritev(descriptor, $0.baseAddress! + first, Int32(batch), position)
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw FileError.from(errno, "write", path)
            }
            position += off_t(written)
            var left = written
            while first < pieces.count, left >= pieces[first].iov_len {
                left -= pieces[first].iov_len
                first += 1
            }
            if left > 0 {
                pieces[first].iov_base += left
                pieces[first].iov_len -= left
            }
        }
    }

    package func truncate(to size: Int64) throws(FileError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError.from(errno, "truncate", path) }
    }

    package func sync() throws(FileError) {
        guard fdatasync(descriptor) == 0 else { throw FileError.from(errno, "fdatasync", path) }
    }

    package func size() throws(FileError) -> Int64 {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError.from(errno, "fstat", path) }
        return Int64(status.st_size)
    }

    package func close() { _ = Glibc.close(descriptor) }
}

/// The kernel's limit on pieces in one vectored write (UIO_MAXIOV).
private let IOV_MAX_LINUX = 1024

extension FileError {
    /// The one place where an errno becomes an error.
    static func from(_ code: Int32, _ operation: String, _ path: String) -> FileError {
        switch code {
        case ENOENT: .notFound(path: path)
        case EEXIST: .exists(path: path)
        case ENOSPC, EDQUOT: .full(path: path)
        case EMFILE, ENFILE: .tooManyOpen
        default: .failed(operation: operation, path: path, errno: code)
        }
    }
}

import Seams

/// Reads a file front to back in large pieces. Not Sendable; the bytes that it gives are valid until the next call.
final class DiskWindow {
    private let file: any File
    private let length: Int
    private let size: Int
    private var buffer: UnsafeMutableRawBufferPointer
    private var start = 0
    private var filled = 0

    /// - Parameters:
    ///   - length: Bytes of the file.
    ///   - size: Bytes per read.
    init(file: any File, length: Int, size: Int = 1 << 20) {
        self.file = file
        self.length = length
        self.size = size
        buffer = .allocate(byteCount: size, alignment: 16)
    }

    deinit { buffer.deallocate() }

    /// - Returns: nil if the file does not have that many bytes from there on.
    func bytes(at offset: Int, count: Int) throws(FileError) -> UnsafeRawPointer? {
        guard offset >= 0, count <= length - offset else { return nil }
        if offset < start || offset + count > start + filled {
            if count > buffer.count {
                buffer.deallocate()
                buffer = .allocate(byteCount: count, alignment: 16)
            }
            start = offset
            let wanted = UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, length - offset)])
            filled = try file.read(into: wanted, at: Int64(offset))
            guard filled >= count else { return nil }
        }
        return UnsafeRawPointer(buffer.baseAddress! + (offset - start))
    }
}

import Glibc
import Seams

/// How fast the disk takes one large file, made durable at the end: what a copy of a tenant cannot beat.
package enum WriteProbe {
    private static let piece = 4 << 20

    /// - Returns: bytes a second.
    /// - Throws: `.storage`, `.interrupted`.
    package static func measure(
        _ directory: String, bytes: Int64, until stop: StopFlag
    ) throws(BenchmarkError) -> Double {
        let files = PosixFiles()
        let path = directory + "/write-probe"
        let time = SystemTime()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: piece, alignment: 4096)
        defer { buffer.deallocate() }
        buffer.initializeMemory(as: UInt8.self, repeating: 0x5A)
        do throws(FileError) {
            let file = try files.open(path, .create)
            defer {
                file.close()
                try? files.remove(path)
            }
            let start = time.monotonic()
            var offset: Int64 = 0
            while offset < bytes, !stop.isSet {
                try file.write(UnsafeRawBufferPointer(buffer), at: offset)
                offset += Int64(piece)
            }
            try file.sync()
            return Double(offset) / (Double(time.monotonic().nanoseconds(since: start)) / 1e9)
        } catch {
            throw .storage(error.description)
        }
    }
}

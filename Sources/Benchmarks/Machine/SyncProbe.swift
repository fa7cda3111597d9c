import Glibc
import Seams

/// How long the disk takes to make 4 KiB durable. Nanoseconds.
package struct SyncTime: Sendable, Equatable {
    package let p50: UInt64
    package let p99: UInt64
}

/// Overwrites one block of a small file again and again, with `fdatasync` after each: what a journal of prepared segments
/// does when nothing gathers. An appended file costs more, since its size must be made durable too.
enum SyncProbe {
    private static let blocks = 16
    private static let block = 4096
    private static let rounds = 200

    static func measure(_ directory: String) throws(BenchmarkError) -> SyncTime {
        let files = PosixFiles()
        let path = directory + "/sync-probe"
        let time = SystemTime()
        var latencies = Latencies()
        do throws(FileError) {
            let file = try files.open(path, .create)
            defer {
                file.close()
                try? files.remove(path)
            }
            let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: blocks * block, alignment: block)
            defer { bytes.deallocate() }
            bytes.initializeMemory(as: UInt8.self, repeating: 7)
            try file.write(UnsafeRawBufferPointer(bytes), at: 0)
            try file.sync()
            for round in 0..<rounds {
                let start = time.monotonic()
                let offset = round % blocks * block
                bytes[offset] = UInt8(truncatingIfNeeded: round)
                try file.write(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + block]), at: Int64(offset))
                try file.sync()
                latencies.record(time.monotonic().nanoseconds(since: start))
            }
        } catch {
            throw .storage(error.description)
        }
        let summary = latencies.summary!
        return SyncTime(p50: summary.p50, p99: summary.p99)
    }
}

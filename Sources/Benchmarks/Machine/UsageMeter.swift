import Glibc

/// Reads what this process and the device under a folder have done so far.
package struct UsageMeter: Sendable {
    private let devicePath: String?

    /// - Parameter directory: on the device that is to be watched.
    package init(directory: String) { devicePath = Self.devicePath(holding: directory) }

    package func read() -> Usage {
        var usage = Usage()
        usage.cpu = Self.cpu()
        usage.device = devicePath.flatMap(Self.deviceBytes)
        return usage
    }

    /// CPU nanoseconds of the calling thread.
    static func threadCPU() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func cpu() -> UInt64? {
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return nil }
        return nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime)
    }

    private static func nanoseconds(_ time: timeval) -> UInt64 {
        UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_usec) * 1_000
    }

    private static func devicePath(holding directory: String) -> String? {
        var status = stat()
        guard stat(directory, &status) == 0 else { return nil }
        let device = UInt64(status.st_dev)
        // The kernel's numbering of devices: 12 bits of major, 20 of minor, the minor's in two pieces.
        let major = (device >> 8) & 0xFFF
        let minor = (device & 0xFF) | ((device >> 12) & 0xFFF00)
        let path = "/sys/dev/block/\(major):\(minor)/stat"
        return ProcText.read(path) == nil ? nil : path
    }

    /// The seventh number is sectors written, of 512 bytes whatever the device's own are.
    private static func deviceBytes(_ path: String) -> Int64? {
        let fields = ProcText.read(path)?.split(whereSeparator: \.isWhitespace) ?? []
        return fields.count > 6 ? Int64(fields[6]).map { $0 * 512 } : nil
    }
}

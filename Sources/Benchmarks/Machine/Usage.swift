/// What a stretch of work cost. Nil where it was not, or cannot be, measured.
package struct Usage: Sendable, Equatable {
    /// CPU nanoseconds of the process, user and system.
    package var cpu: UInt64?
    /// Bytes that reached the device, whoever wrote them: with the file system's own journal, and with whatever else runs
    /// on the machine.
    ///
    /// Not `write_bytes` of /proc/self/io: it counts what was made dirty, by the page cache's units, and where those are
    /// large (ext4 since Linux 6.16) a write of 4 KiB may count as 2 MiB.
    package var device: Int64?

    package init() {}

    package mutating func add(_ other: Usage) {
        cpu = Measurement.sum(cpu, other.cpu)
        device = Measurement.sum(device, other.device)
    }

    /// From a reading before to one after.
    package func since(_ before: Usage) -> Usage {
        var change = Usage()
        if let cpu, let earlier = before.cpu { change.cpu = cpu &- earlier }
        if let device, let earlier = before.device { change.device = device - earlier }
        return change
    }
}

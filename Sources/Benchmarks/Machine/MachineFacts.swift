import Glibc

/// Where the numbers come from. Without these a number of a benchmark means nothing.
package struct MachineFacts: Sendable {
    package let cores: Int
    package let processor: String
    package let kernel: String
    /// Bytes.
    package let memory: Int64
    package let fileSystem: String
    /// Processes that want a core, averaged over a minute, before the benchmark began: others' work disturbs it.
    package let load: Double
    package let sync: SyncTime

    /// - Parameter directory: where the benchmark's files will lie; a small file is written there for a moment.
    package static func measure(_ directory: String) throws(BenchmarkError) -> MachineFacts {
        var load = 0.0
        getloadavg(&load, 1)
        return MachineFacts(
            cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)), processor: processor(), kernel: kernel(),
            memory: Int64(sysconf(Int32(_SC_PHYS_PAGES))) * Int64(sysconf(Int32(_SC_PAGESIZE))),
            fileSystem: fileSystem(directory), load: load, sync: try SyncProbe.measure(directory))
    }

    /// Syncs of a file system in memory cost nothing: durable writes cannot be measured there.
    package var isInMemory: Bool { ["tmpfs", "ramfs"].contains(fileSystem) }

    private static func processor() -> String {
        let line = ProcText.read("/proc/cpuinfo")?.split(separator: "\n").first { $0.hasPrefix("model name") }
        guard let text = line?.split(separator: ":").last else { return "unknown" }
        return text.split(separator: " ").joined(separator: " ")
    }

    private static func kernel() -> String {
        let text = ProcText.read("/proc/sys/kernel/osrelease") ?? "unknown"
        return text.split(separator: "\n").first.map(String.init) ?? "unknown"
    }

    /// The type of the mount whose path is the longest one that leads to the folder.
    private static func fileSystem(_ directory: String) -> String {
        var best = (length: 0, type: "unknown")
        for line in (ProcText.read("/proc/self/mounts") ?? "").split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2 else { continue }
            let place = fields[1] == "/" ? "" : fields[1]
            let isAbove = directory == place || directory.hasPrefix(place + "/")
            // Later mounts hide earlier ones at the same place.
            if isAbove, fields[1].count >= best.length { best = (fields[1].count, String(fields[2])) }
        }
        return best.type
    }
}

import Foundation
import Glibc

/// What the system says of this process, under the names that Prometheus' own clients use.
struct ProcessFacts {
    private var residentBytes = 0
    private var virtualBytes = 0
    private var cpuSeconds = 0.0
    private var startSeconds = 0.0
    private var openDescriptors = 0
    private var maximumDescriptors = 0
    private var threads = 0

    static func read() -> ProcessFacts {
        var facts = ProcessFacts()
        facts.readStat()
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            facts.maximumDescriptors = Int(clamping: limit.rlim_cur)
        }
        // The listing itself holds one.
        let open = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd"))?.count ?? 1
        facts.openDescriptors = open - 1
        return facts
    }

    /// Fields of `/proc/self/stat`, counted from behind the name, which may hold anything.
    private mutating func readStat() {
        guard let bytes = FileManager.default.contents(atPath: "/proc/self/stat") else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return }
        let fields = text[text.index(after: end)...].split(separator: " ").map { Double($0) ?? 0 }
        guard fields.count > 21 else { return }
        let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
        cpuSeconds = (fields[11] + fields[12]) / ticks
        threads = Int(fields[17])
        startSeconds = Self.bootSeconds() + fields[19] / ticks
        virtualBytes = Int(fields[20])
        residentBytes = Int(fields[21]) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static func bootSeconds() -> Double {
        guard let bytes = FileManager.default.contents(atPath: "/proc/stat") else { return 0 }
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("btime ") }
        return line.flatMap { Double($0.dropFirst(6)) } ?? 0
    }

    func add(to page: inout MetricsPage) {
        page.gauge("process_resident_memory_bytes", "Memory in use.", residentBytes)
        page.gauge("process_virtual_memory_bytes", "Address space in use.", virtualBytes)
        page.gauge("process_open_fds", "Open descriptors.", openDescriptors)
        page.gauge("process_max_fds", "Descriptors that may be open.", maximumDescriptors)
        page.gauge("process_threads", "Threads.", threads)
        page.family(.counter, "process_cpu_seconds_total", "Processor time.")
        page.sample(cpuSeconds)
        page.family(.gauge, "process_start_time_seconds", "When the process started, in seconds since 1970.")
        page.sample(startSeconds)
    }
}

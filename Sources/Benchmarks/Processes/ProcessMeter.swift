import Glibc

/// CPU time of another process, in steps of the kernel's clock tick (10 ms).
enum ProcessMeter {
    /// Nanoseconds, user and system, of all its threads; nil where there is no such process.
    static func cpu(_ process: Int32) -> UInt64? { fields(process).map { ticks($0, [11, 12]) } }

    /// The same with its children: those that live, and those that it has waited for.
    static func cpuOfFamily(_ parent: Int32) -> UInt64? {
        guard let own = fields(parent) else { return nil }
        return children(of: parent).reduce(ticks(own, [11, 12, 13, 14])) { sum, child in sum + (cpu(child) ?? 0) }
    }

    private static func children(of parent: Int32) -> [Int32] {
        let text = ProcText.read("/proc/\(parent)/task/\(parent)/children") ?? ""
        return text.split(separator: " ").compactMap { Int32($0) }
    }

    /// What follows the name in /proc/<pid>/stat; the name itself may hold anything, parentheses too.
    private static func fields(_ process: Int32) -> [Substring]? {
        guard let text = ProcText.read("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(whereSeparator: \.isWhitespace)
        return fields.count > 14 ? fields : nil
    }

    private static func ticks(_ fields: [Substring], _ indexes: [Int]) -> UInt64 {
        let perSecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return indexes.reduce(0) { $0 + (UInt64(fields[$1]) ?? 0) } * (1_000_000_000 / perSecond)
    }
}

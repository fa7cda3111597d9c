import Benchmarks
import Terminal

/// What a benchmark found, as a table or as JSON.
struct BenchReport {
    let machine: MachineFacts
    /// What the run was asked to do, by its JSON name.
    let settings: [(name: String, value: Int)]
    let seconds: Double
    let comparisons: [Comparison]
    /// What a reader must know besides.
    var remarks: [String] = []

    // MARK: For people

    func text(width: Int?) -> String {
        var text = "\(machine.cores) cores (\(machine.processor)), Linux \(machine.kernel), \(machine.fileSystem), "
        text +=
            "load \(Self.number(machine.load)) before; fdatasync of 4 KiB: p50 \(Self.milliseconds(machine.sync.p50)) ms, "
        text += "p99 \(Self.milliseconds(machine.sync.p99)) ms\n"
        text += settings.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
        text += ", \(Self.number(seconds)) s for each contender\n"
        if machine.isInMemory {
            text += "The folder is in memory: a sync costs nothing there. Choose a disk with --data.\n"
        }
        for remark in remarks { text += remark + "\n" }
        for comparison in comparisons { text += "\n" + Self.table(comparison, width: width) }
        return text
    }

    /// A column for each contender, a line for each quantity: contenders are few, quantities many.
    private static func table(_ comparison: Comparison, width: Int?) -> String {
        var table = Table(
            [Table.Column(comparison.workload.rawValue, kept: true)]
                + comparison.lines.map { Table.Column($0.name, right: true) })
        for quantity in quantities {
            let cells = comparison.lines.map(quantity.value)
            if cells.contains(where: { $0 != nil }) { table.add([quantity.title] + cells.map { $0 ?? "-" }) }
        }
        var text = table.text(width: width)
        for line in comparison.lines {
            for (reason, times) in line.measurement.failures.sorted(by: { $0.value > $1.value }) {
                text += "  \(line.name): \(times) × \(TerminalText.visible(reason))\n"
            }
        }
        return text
    }

    private struct Quantity: Sendable {
        let title: String
        let value: @Sendable (Comparison.Line) -> String?
    }

    private static let quantities: [Quantity] = [
        Quantity(title: "operations/s") { number($0.measurement.rate) },
        Quantity(title: "ours ÷ this one") { $0.ratio.map { "\(ratio($0))×" } },
        Quantity(title: "latency p50, ms") { $0.measurement.latencies.summary.map { milliseconds($0.p50) } },
        Quantity(title: "latency p99, ms") { $0.measurement.latencies.summary.map { milliseconds($0.p99) } },
        Quantity(title: "latency p99.9, ms") { $0.measurement.latencies.summary.map { milliseconds($0.p999) } },
        Quantity(title: "latency mean, ms") { line in
            (line.measurement.latencies.summary?.mean ?? line.measurement.meanLatency).map(milliseconds)
        },
        Quantity(title: "CPU each, µs") { $0.measurement.cpuMicroseconds.map(number) },
        Quantity(title: "CPU of the load, µs") { $0.measurement.generatorMicroseconds.map(number) },
        Quantity(title: "log each, bytes") { $0.measurement.logBytesEach.map(number) },
        Quantity(title: "device each, bytes") { $0.measurement.deviceBytes.map(number) },
        Quantity(title: "device later, bytes") { $0.measurement.deviceBytesLater.map(number) },
        Quantity(title: "log syncs/s") { $0.measurement.syncRate.map(number) },
        Quantity(title: "operations a sync") { $0.measurement.operationsPerSync.map(number) },
        Quantity(title: "failed") { String($0.measurement.failureCount) },
    ]

    /// Three digits are more than a benchmark knows.
    static func number(_ value: Double) -> String {
        value >= 100 || value == value.rounded() ? String(Int(value.rounded())) : decimals(value, value >= 10 ? 1 : 2)
    }

    private static func ratio(_ value: Double) -> String { decimals(value, value < 10 ? 2 : 1) }

    private static func milliseconds(_ nanoseconds: UInt64) -> String {
        let value = Double(nanoseconds) / 1e6
        return decimals(value, value < 1 ? 3 : value < 100 ? 2 : 0)
    }

    private static func decimals(_ value: Double, _ count: Int) -> String {
        guard count > 0 else { return String(Int(value.rounded())) }
        let scale = [1, 10, 100, 1_000][count]
        let scaled = Int((value * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        return "\(scaled / scale)." + String(repeating: "0", count: count - fraction.count) + fraction
    }
}

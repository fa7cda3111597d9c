import Vocabulary

/// Builds a page of metrics in Prometheus' text format, one family after the other.
struct MetricsPage {
    enum Kind: String { case gauge, counter, histogram }

    typealias Label = (name: String, value: String)

    private(set) var text = ""
    private var family = ""
    private var known: Set<String> = []

    /// Begins a family; what follows belongs to it.
    mutating func family(_ kind: Kind, _ name: String, _ help: String) {
        precondition(known.insert(name).inserted, "\(name) comes twice")
        precondition(kind != .counter || name.hasSuffix("_total"), "\(name): counters end in _total")
        family = name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func sample(_ value: some BinaryInteger, _ labels: Label...) { line("", String(value), labels) }
    mutating func sample(_ value: Double, _ labels: Label...) { line("", "\(value)", labels) }

    mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) {
        family(.gauge, name, help)
        sample(value)
    }

    mutating func counter(_ name: String, _ help: String, _ value: some BinaryInteger) {
        family(.counter, name, help)
        sample(value)
    }

    /// One series of the family, which is a histogram of seconds.
    mutating func sample(_ totals: DurationTotals, _ labels: Label...) {
        var sum: UInt64 = 0
        for (bound, count) in zip(DurationCounts.bounds, totals.counts) {
            sum += count
            line("_bucket", String(sum), labels + [("le", Self.seconds(bound))])
        }
        sum += totals.counts.last ?? 0
        line("_bucket", String(sum), labels + [("le", "+Inf")])
        line("_sum", "\(Double(totals.nanoseconds) / 1e9)", labels)
        line("_count", String(sum), labels)
    }

    /// Nothing here needs escaping: names and values are this node's own.
    private mutating func line(_ suffix: String, _ value: String, _ labels: [Label]) {
        let shown = labels.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ",")
        text += family + suffix + (shown.isEmpty ? "" : "{\(shown)}") + " " + value + "\n"
    }

    private static func seconds(_ nanoseconds: UInt64) -> String { "\(Double(nanoseconds) / 1e9)" }
}

/// One line that says how far something is: `copying [#####     ] 48 %  12 MiB of 25 MiB  8.1 MiB/s  1.6 s left`.
package struct ProgressLine: Sendable, Equatable {
    private static let barWidth = 20

    package var label: String
    package var done: Int64
    /// `nil` where it is not known: no bar, no time left.
    package var total: Int64?
    package var elapsed: Duration
    /// What is counted, such as `tenants`; nil: bytes.
    package var unit: String?

    package init(label: String, done: Int64, total: Int64?, elapsed: Duration, unit: String? = nil) {
        self.unit = unit
        self.label = label
        self.done = done
        self.total = total
        self.elapsed = elapsed
    }

    /// Cut to `width`. Rate and time left appear after the first second, when they mean something.
    package func text(width: Int?) -> String {
        var parts = [TerminalText.visible(label)]
        if let fraction {
            let full = Int((fraction * Double(Self.barWidth)).rounded(.down))
            let bar = String(repeating: "#", count: full) + String(repeating: " ", count: Self.barWidth - full)
            parts[0] += " [\(bar)] \(Int((fraction * 100).rounded(.down))) %"
        }
        if let total {
            parts.append(
                unit.map { "\(done) of \(total) \($0)" } ?? "\(HumanText.size(done)) of \(HumanText.size(total))")
        } else if done > 0 {
            parts.append(unit.map { "\(done) \($0)" } ?? HumanText.size(done))
        }
        if let rate {
            parts.append(unit == nil ? "\(HumanText.size(Int64(rate)))/s" : "\(Self.tenths(rate))/s")
            if let left = left(at: rate) { parts.append("\(HumanText.duration(left)) left") }
        }
        let line = parts.joined(separator: "  ")
        return width.map { TerminalText.cut(line, to: $0) } ?? line
    }

    private static func tenths(_ value: Double) -> String {
        let whole = Int64((value * 10).rounded())
        return "\(whole / 10).\(whole % 10)"
    }

    private var fraction: Double? {
        total.map { $0 <= 0 ? 1 : min(1, max(0, Double(done) / Double($0))) }
    }

    /// Bytes a second since the start.
    private var rate: Double? {
        let seconds = HumanText.seconds(elapsed)
        return seconds >= 1 && done > 0 ? Double(done) / seconds : nil
    }

    private func left(at rate: Double) -> Duration? {
        guard let total, total > done else { return nil }
        return .seconds(Double(total - done) / rate)
    }
}

/// What dot commands change.
package struct ShellSettings: Sendable {
    package var format: ResultFormat
    package var headers = true
    package var null: String?
    package var widths: [Int] = []
    package var maxRows = 1_000
    package var timer = false
    package var echo = false
    package var bail: Bool

    package init(format: ResultFormat, bail: Bool) {
        self.format = format
        self.bail = bail
    }

    /// - Parameters:
    ///   - width: of the terminal that results go to; nil where they go elsewhere, and all rows with them.
    ///   - counts: whether to say how many rows there were.
    package func options(width: Int?, counts: Bool) -> ResultOptions {
        var options = ResultOptions(format)
        options.headers = headers
        options.null = null
        options.widths = widths
        options.width = width
        options.maxRows = width == nil ? 0 : maxRows
        options.moreRows = ".maxrows 0 shows all"
        options.counts = counts
        return options
    }

    /// For `.show`.
    package var text: String {
        let lines = [
            ("bail", bail ? "on" : "off"), ("echo", echo ? "on" : "off"), ("headers", headers ? "on" : "off"),
            ("maxrows", String(maxRows)), ("mode", format.rawValue), ("nullvalue", null ?? ""),
            ("timer", timer ? "on" : "off"), ("width", widths.map(String.init).joined(separator: " ")),
        ]
        return lines.map { "\(TerminalText.padded($0, to: 9, right: true)): \(TerminalText.visible($1))\n" }.joined()
    }
}

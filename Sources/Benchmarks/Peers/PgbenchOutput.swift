/// Reads what `pgbench` prints and logs.
enum PgbenchOutput {
    /// - Returns: nil where a number is missing.
    static func parse(_ text: String) -> Measurement? {
        var result = Measurement()
        guard let done = number(text, after: "number of transactions actually processed: "),
            let rate = number(text, after: "\ntps = "), rate > 0
        else { return nil }
        result.operations = Int(done)
        // What it counts of the seconds that it was given: connecting is left out.
        result.nanoseconds = UInt64(done / rate * 1e9)
        result.meanLatency = number(text, after: "latency average = ").map { UInt64($0 * 1e6) }
        if let failed = number(text, after: "number of failed transactions: "), failed > 0 {
            result.noteFailure("failed transactions", times: Int(failed))
        }
        return result
    }

    /// Nanoseconds of each line: client, transaction, microseconds, script, and when.
    static func times(_ log: String) -> [UInt64] {
        log.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            return fields.count > 2 ? UInt64(fields[2]).map { $0 * 1_000 } : nil
        }
    }

    private static func number(_ text: String, after label: String) -> Double? {
        guard let start = text.firstRange(of: label)?.upperBound else { return nil }
        return Double(text[start...].prefix { $0.isNumber || $0 == "." })
    }
}

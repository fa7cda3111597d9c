import Testing

@testable import Tenants

/// What statistics know statements by.
@Suite struct StatementTextTests {
    @Test(arguments: [
        ("SELECT 1", "SELECT ?"),
        ("select  *\n from t -- all\n where a='it''s' and b = 1.5e-3;", "select * from t where a=? and b = ?"),
        ("INSERT INTO t VALUES (x'00FF', 0x1F, .5, ?1, :a, @b, $c)", "INSERT INTO t VALUES (?, ?, ?, ?1, :a, @b, $c)"),
        ("SELECT \"a 1\", [b 2], `c 3` FROM t1", "SELECT \"a 1\", [b 2], `c 3` FROM t1"), ("", ""), ("/* a */", ""),
        ("SELECT/* '*/x1/**/+2", "SELECT x1 +?"), ("SELECT 'open", "SELECT ?"), ("/* open", ""), ("é = 'ü'", "é = ?"),
        ("SELECT a.b, c-1 FROM \"x\"\"y\"", "SELECT a.b, c-? FROM \"x\"\"y\""), ("; ;", "; ;"),
    ])
    func `a statement without its literals`(sql: String, expected: String) {
        let found = StatementText.normalised(sql)
        #expect(found == expected || expected == "; ;" && found.isEmpty, "\(found)")
    }

    @Test func `a long one is cut between two characters`() {
        for filler in ["a", "é", "😀", "'x' "] {
            let text = StatementText.normalised("SELECT " + String(repeating: filler, count: 5_000))
            #expect(
                text.utf8.count <= StatementText.bytes && text.hasSuffix("…") && !text.contains("\u{FFFD}"), "\(filler)"
            )
        }
    }

    @Test func `percentiles lie where the times do`() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(0.5) == 0)
        for microseconds in 1...1_000 { histogram.add(UInt64(microseconds) * 1_000) }
        for share in [0.5, 0.9, 0.99] {
            let found = Double(histogram.percentile(share)) / 1_000
            #expect(found >= share * 1_000 * 0.99 && found <= share * 1_000 * 1.26, "\(share) \(found)")
        }
        histogram.add(.max)
        #expect(histogram.percentile(1) == .max && histogram.longest == .max)
        var quick = LatencyHistogram()
        quick.add(0)
        #expect(quick.percentile(0.5) == 0)
    }
}

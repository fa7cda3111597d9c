import CSQLite
import Simulator
import Testing

@testable import Tenants

/// Where one statement of a text ends, for texts that nobody means well with.
@Suite struct SplitterTests {
    private static let pieces = [
        "CREATE", "create", "TEMP", "TEMPORARY", "TRIGGER", "END", "EXPLAIN", "QUERY", "PLAN", "BEGIN", "SELECT", "x1",
        "ENDS",
        "$end", "\u{E9}nd", ";", ";", ";", " ", "\n", "\t", "'a;b'", "\"c;\"", "`;`", "[;]", "'", "\"", "[", "--c;\n",
        "-- ;", "-",
        "/", "*", "/* ; */", "/*;", "*/", "/**/", "''", "1", "(", ",", ")",
    ]

    /// What `sqlite3_complete` makes of ever longer beginnings.
    private func reference(_ text: [UInt8]) -> Int {
        for end in text.indices where text[end] == UInt8(ascii: ";") {
            let isComplete = (text[...end] + [0]).withUnsafeBufferPointer { bytes in
                bytes.withMemoryRebound(to: CChar.self) { sqlite3_complete($0.baseAddress) != 0 }
            }
            if isComplete { return end + 1 }
        }
        return text.count
    }

    @Test func `a text is split where SQLite finds it complete`() {
        let random = SeededRandom(seed: 20_261_123)
        for round in 0..<20_000 {
            let count = 1 + random.below(24)
            let words = (0..<count).map { _ in Self.pieces[random.below(Self.pieces.count)] }
            let text = words.joined(separator: random.once(in: 2) ? " " : "")
            let bytes = Array(text.utf8)
            guard StatementSplitter.firstLength(bytes[...]) != reference(bytes) else { continue }
            Issue.record("round \(round): \(text)")
            return
        }
    }

    @Test func `semicolons and comments alone are empty`() {
        for (text, length) in [
            ("", 0), ("SELECT 1;", 0), (";", 1), (" ; /* ; */ ;; SELECT 1;", 13), ("-- ;\n", 0), ("--\n; x", 4),
        ] {
            #expect(StatementSplitter.emptyLength(Array(text.utf8)[...]) == length, "\(text)")
        }
    }

    /// Each takes many minutes where the way to the next statement's end begins at the text's beginning again.
    @Test(arguments: ["CREATE TRIGGER a AFTER INSERT ON t BEGIN ", "", "/*", "'", "EXPLAIN ", "-- \n"])
    func `a megabyte of semicolons is split in one pass`(beginning: String) {
        let bytes = Array((beginning + String(repeating: ";", count: 1 << 20)).utf8)
        let clock = ContinuousClock()
        let taken = clock.measure {
            var offset = 0
            while offset < bytes.count {
                offset += StatementSplitter.emptyLength(bytes[offset...])
                offset += StatementSplitter.firstLength(bytes[offset...])
            }
        }
        #expect(taken < .seconds(10), "\(taken)")
    }
}

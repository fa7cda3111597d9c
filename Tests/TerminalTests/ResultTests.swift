import Hrana
import Terminal
import Testing

struct ResultTests {
    private func printed(
        _ format: ResultFormat, _ columns: [String], _ rows: [[Value]],
        _ change: (inout ResultOptions) -> Void = { _ in }
    ) -> String {
        var options = ResultOptions(format)
        change(&options)
        var printer = ResultPrinter(options)
        printer.begin(columns)
        var text = ""
        for row in rows {
            printer.row(row)
            if printer.isFull { text += printer.take() }
        }
        printer.end(affectedRows: 0, lastInsertRowID: nil, changes: false)
        return text + printer.take()
    }

    private let rows: [[Value]] = [
        [.integer(9_007_199_254_740_993), .text("a\nb,|"), .blob([0, 255])], [.null, .text(""), .float(2.5)],
        [.float(.infinity), .text("漢\"e\u{301}"), .null],
    ]

    @Test func `Columns are aligned by the width of what is in them`() {
        let lines = [
            "               n  t      漢字", "9007199254740993  a␊b,|  x'00ff'", "            NULL         2.5",
            "             Inf  漢\"e\u{301}   NULL", "(3 rows)", "",
        ]
        #expect(printed(.table, ["n", "t", "漢字"], rows) == lines.joined(separator: "\n"))
        #expect(
            printed(.box, ["a", "b"], [[.integer(1), .text("x")]]) { $0.counts = false } == """
                ┌───┬───┐
                │ a │ b │
                ├───┼───┤
                │ 1 │ x │
                └───┴───┘

                """)
        #expect(
            printed(.markdown, ["a|b", "n"], [[.text("|"), .integer(12)]]) == """
                | a\\|b |   n |
                |------|----:|
                | \\|   |  12 |

                """)
    }

    @Test func `A terminal's width is kept, and what is cut says so`() {
        let long = String(repeating: "wide ", count: 30)
        for format in [ResultFormat.table, .box, .markdown] {
            let text = printed(format, ["id", "text", "漢字"], [[.integer(1), .text(long), .text("漢字漢字漢字")]]) {
                $0.width = 40
                $0.counts = false
            }
            let widths = text.split(separator: "\n").map { TerminalText.width(String($0)) }
            #expect(widths.allSatisfy { $0 <= 40 } && text.contains("…"), "\(text)")
        }
    }

    @Test func `CSV tells NULL from an empty text`() {
        #expect(
            printed(.csv, ["n", "t,u", "v"], rows)
                == "n,\"t,u\",v\n9007199254740993,\"a\nb,|\",x'00ff'\n,\"\",2.5\nInf,\"漢\"\"e\u{301}\",\n")
        #expect(printed(.csv, ["a"], [[.null]]) { ($0.null, $0.headers) = ("\\N", false) } == "\\N\n")
    }

    @Test func `JSON keeps numbers that JavaScript would not`() {
        #expect(
            printed(.json, ["n", "n", "v"], rows) == """
                [{"n":"9007199254740993","n_2":"a\\nb,|","v":{"base64":"AP8="}},
                {"n":null,"n_2":"","v":2.5},
                {"n":"Infinity","n_2":"漢\\"e\u{301}","v":null}]

                """)
        #expect(printed(.json, ["n"], []) == "[]\n")
        #expect(printed(.ndjson, ["n"], [[.integer(1)], [.integer(2)]]) == "{\"n\":1}\n{\"n\":2}\n")
        #expect(
            printed(.answer, ["n"], [[.integer(1)], [.null]])
                == #"{"columns":["n"],"rows":[[1],[null]],"rowsAffected":0,"lastInsertRowID":null}"# + "\n")
    }

    @Test func `Lines name their columns`() {
        #expect(
            printed(.line, ["id", "text"], [[.integer(1), .text("a\u{1B}[2J")], [.null, .text("b")]]) {
                $0.counts = false
            }
                == "  id = 1\ntext = a␛[2J\n\n  id = NULL\ntext = b\n")
    }

    /// Whatever a row holds, and however it is shown.
    @Test(arguments: ResultFormat.allCases)
    func `Data cannot steer the terminal`(format: ResultFormat) {
        let hostile = "\u{1B}]0;owned\u{07}\u{1B}[2J\u{9B}31m\u{202E}\u{7F}\r\u{08}\u{2028}\u{61C}"
        let text = printed(format, [hostile, "b"], [[.text(hostile), .blob(Array(hostile.utf8))]]) {
            $0.width = 200
            $0.null = "-"
        }
        let steering = text.unicodeScalars.filter { scalar in
            scalar != "\n"
                && (scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
                    || [0x202E, 0x2028, 0x61C].contains(scalar.value))
        }
        #expect(steering.isEmpty, "\(text.debugDescription)")
    }

    @Test func `Of a large result the first rows are shown, and all are counted`() {
        let many = (0..<5_000).map { [Value.integer($0), .text("row \($0)")] }
        let text = printed(.table, ["i", "t"], many) { $0.maxRows = 3 }
        #expect(text.split(separator: "\n").count == 5)
        #expect(text.hasSuffix("(3 of 5000 rows shown; --max-rows 0 shows all)\n"))
        // Without a bound all come, the first in columns that fit them, and no wider value is cut.
        let all = printed(.table, ["i", "t"], many + [[.text("wider than any before"), .null]])
        #expect(all.split(separator: "\n").count == 5_003 && all.contains("wider than any before"))
    }

    @Test func `Literals read back as what they were`() {
        #expect(
            [Value.null, .integer(-1), .float(1), .float(-.infinity), .text("it's"), .text("a\0b"), .blob([1, 171])]
                .map(
                    ValueText.literal)
                == ["NULL", "-1", "1.0", "-9e999", "'it''s'", "('a'||char(0)||'b')", "x'01ab'"])
    }
}

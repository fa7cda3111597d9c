import Terminal
import Testing

struct TableTests {
    private func sample() -> Table {
        var table = Table([Table.Column("KEY"), Table.Column("SIZE", right: true), Table.Column("NOTE")])
        table.add(["acme", "12 B", "short"])
        table.add(["a much longer key", "3 KiB", "and a note that goes on for a while"])
        return table
    }

    @Test func `Columns line up and lines end without blanks`() {
        #expect(
            sample().text(width: nil) == """
                KEY                 SIZE  NOTE
                acme                12 B  short
                a much longer key  3 KiB  and a note that goes on for a while

                """)
    }

    @Test func `The widest column gives way first`() {
        #expect(
            sample().text(width: 45) == """
                KEY                 SIZE  NOTE
                acme                12 B  short
                a much longer key  3 KiB  and a note that go…

                """)
    }

    @Test(arguments: 16...80)
    func `A table fits every width down to four columns each`(width: Int) {
        for line in sample().text(width: width).split(separator: "\n") {
            #expect(TerminalText.width(String(line)) <= width, "\(line)")
        }
    }

    @Test func `Below that it is as narrow as it gets`() {
        let lines = sample().text(width: 3).split(separator: "\n")
        #expect(lines.allSatisfy { TerminalText.width(String($0)) <= 16 })
    }

    @Test func `Cells from outside cannot break the layout`() {
        var table = Table([Table.Column("A"), Table.Column("B")])
        table.add(["x\ny", "\u{1B}]0;title\u{07}", "too many"])
        table.add(["only one"])
        #expect(table.text(width: nil) == "A         B\nx␊y       ␛]0;title␇\nonly one\n")
    }

    @Test func `Wide characters keep the columns straight`() {
        var table = Table([Table.Column("A"), Table.Column("B")])
        table.add(["日本", "x"])
        table.add(["abcd", "y"])
        #expect(table.text(width: nil) == "A     B\n日本  x\nabcd  y\n")
    }

    @Test func `What the rows are about is cut last`() {
        var table = Table([.init("writes", kept: true), .init("one of the contenders"), .init("another contender")])
        table.add(["CPU of the load, µs", "1", "2"])
        let lines = table.text(width: 40).split(separator: "\n")
        #expect(
            lines[1].hasPrefix("CPU of the load, µs  ") && lines.allSatisfy { TerminalText.width(String($0)) <= 40 })
        #expect(table.text(width: 20).contains("CPU of"))
    }
}

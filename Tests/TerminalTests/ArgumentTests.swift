import Hrana
import Terminal
import Testing

struct ArgumentTests {
    @Test func `Arguments are bound as what they look like`() {
        let texts = [
            "7", "-9223372036854775808", "1.5", "NULL", "null", "007", "+1", "1e5", "inf", "", "9223372036854775808",
            "x'00fF'", "x'0'", "x'zz'",
        ]
        let values: [Value] = [
            .integer(7), .integer(.min), .float(1.5), .null, .text("null"), .text("007"), .text("+1"), .text("1e5"),
            .text("inf"), .text(""), .text("9223372036854775808"), .blob([0, 255]), .text("x'0'"), .text("x'zz'"),
        ]
        #expect(texts.map(ArgumentText.value) == values)
    }

    @Test func `A named value goes to the statements that ask for it`() throws {
        let given = try #require(StatementArguments.pair(":id=a=b", asText: false))
        #expect(given.name == "id" && given.value == .text("a=b"))
        #expect(StatementArguments.pair("=x", asText: true) == nil && StatementArguments.pair("x", asText: true) == nil)
        let arguments = StatementArguments(positional: [.integer(1)], named: ["id": .integer(7), "no": .null])
        let statements = SplitterTests.split("SELECT @id, ':no', $other; SELECT ?")
        #expect(
            statements.map { arguments.bound(to: $0) } == [
                Statement(
                    .text("SELECT @id, ':no', $other;"), namedArguments: [.init(name: "@id", value: .integer(7))]),
                Statement(.text("SELECT ?"), arguments: [.integer(1)]),
            ])
        #expect(arguments.unused(in: statements) == ["no"])
    }
}

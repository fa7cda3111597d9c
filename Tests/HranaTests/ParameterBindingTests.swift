import Hrana
import Testing

@Suite struct ParameterBindingTests {
    private func resolve(
        _ names: [String?], _ positional: Int = 0, named: [String] = [], isExplain: Bool = false
    ) -> Result<ParameterBinding, HranaError> {
        do {
            return .success(
                try ParameterBinding.resolve(
                    parameterCount: names.count, arguments: [Value](repeating: .null, count: positional),
                    namedArguments: named.map { NamedArgument(name: $0, value: .null) }, isExplain: isExplain,
                    nameOf: { names[$0 - 1] }))
        } catch {
            return .failure(error)
        }
    }

    private func code(_ result: Result<ParameterBinding, HranaError>) -> String? {
        if case .failure(let error) = result { error.code } else { nil }
    }

    @Test func `positional arguments by number`() {
        #expect(resolve([]) == .success(.positional(count: 0)))
        #expect(resolve([nil, nil], 2) == .success(.positional(count: 2)))
        #expect(resolve([nil, "?2", "?3"], 3) == .success(.positional(count: 3)))
    }

    @Test func `named arguments by their exact name, else without the sign`() {
        #expect(resolve([":a", "@b", "$c"], named: ["$c", "a", "b"]) == .success(.named(indexes: [1, 2, 0])))
        #expect(resolve([":a", "@a", "$a"], named: ["a"]) == .success(.named(indexes: [0, 0, 0])))
        #expect(resolve([":a", "$a"], named: ["a", "$a"]) == .success(.named(indexes: [0, 1])))
        #expect(resolve([":a"], named: ["a", "a"]) == .success(.named(indexes: [1])))
        #expect(resolve([":\u{301}a"], named: ["\u{301}a"]) == .success(.named(indexes: [0])))
    }

    @Test func `names are compared byte for byte`() {
        #expect(code(resolve([":e\u{301}"], named: ["\u{E9}"])) == "ARGS_INVALID")
        #expect(code(resolve([":a"], named: ["A"])) == "ARGS_INVALID")
        #expect(code(resolve([":a"], named: ["@a"])) == "ARGS_INVALID")
        #expect(code(resolve([":a"], named: [""])) == "ARGS_INVALID")
    }

    @Test func `too many arguments and parameters without one`() {
        #expect(code(resolve([], 1)) == "ARGS_INVALID")
        #expect(code(resolve([nil], 2)) == "ARGS_INVALID")
        #expect(code(resolve([nil, nil], 1)) == "ARGS_INVALID")
        #expect(code(resolve([":a"], 1)) == "ARGS_INVALID")
        #expect(code(resolve([nil], named: ["a"])) == "ARGS_INVALID")
        #expect(code(resolve(["?1"], named: ["?1"])) == "ARGS_INVALID")
        #expect(code(resolve([":a"], named: ["a", "b"])) == "ARGS_INVALID")
        #expect(code(resolve([":a", ":b"], named: ["a"])) == "ARGS_INVALID")
    }

    @Test func `the error names the parameter`() {
        #expect(resolve([nil, ":b"], 1) == .failure(HranaError("Parameter :b has no value", code: "ARGS_INVALID")))
        #expect(resolve([nil, nil], 1) == .failure(HranaError("Parameter 2 has no value", code: "ARGS_INVALID")))
    }

    @Test func `both kinds at once`() {
        #expect(code(resolve([nil, ":a"], 1, named: ["a"])) == "ARGS_BOTH_POSITIONAL_AND_NAMED")
    }

    @Test func `EXPLAIN may leave parameters without a value, but not have too many arguments`() {
        #expect(resolve([nil, nil], isExplain: true) == .success(.positional(count: 0)))
        #expect(resolve([nil, nil], 1, isExplain: true) == .success(.positional(count: 1)))
        #expect(resolve([nil, ":a", nil], 2, isExplain: true) == .success(.positional(count: 1)))
        #expect(resolve([":a", ":b"], named: ["b"], isExplain: true) == .success(.named(indexes: [nil, 0])))
        #expect(code(resolve([nil], 2, isExplain: true)) == "ARGS_INVALID")
    }

    @Test func `as many named arguments as are allowed`() {
        let names = (0..<32_766).map { "parameter\($0)" }
        let result = resolve(names.map { ":" + $0 }, named: names.reversed())
        #expect(result == .success(.named(indexes: (0..<32_766).map { 32_765 - $0 })))
    }
}

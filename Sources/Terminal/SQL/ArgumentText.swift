package import Hrana

/// Values as they are typed on a command line.
package enum ArgumentText {
    /// Whole and decimal numbers become numbers, `NULL` null, `x'…'` a blob, the rest text.
    package static func value(_ text: String) -> Value {
        if text == "NULL" { return .null }
        if let value = Int64(text), String(value) == text { return .integer(value) }
        let isDecimal = text.utf8.allSatisfy { "0123456789.-+eE".utf8.contains($0) } && text.contains { $0.isNumber }
        if isDecimal, text.contains("."), let value = Double(text), value.isFinite { return .float(value) }
        return blob(text) ?? .text(text)
    }

    private static func blob(_ text: String) -> Value? {
        guard text.count >= 3, text.count % 2 == 1, text.lowercased().hasPrefix("x'"), text.hasSuffix("'") else {
            return nil
        }
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text.dropFirst(2).dropLast() {
            guard let digit = character.hexDigitValue.map(UInt8.init), character.isASCII else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return .blob(bytes)
    }
}

/// The values that statements' parameters take.
package struct StatementArguments: Sendable, Equatable {
    /// For `?` and `?NNN`, in order.
    package var positional: [Value]
    /// By name without its sign.
    package var named: [String: Value]

    package init(positional: [Value] = [], named: [String: Value] = [:]) {
        self.positional = positional
        self.named = named
    }

    /// Of `NAME=VALUE`.
    /// - Returns: nil where it is not of that form.
    package static func pair(_ text: String, asText: Bool) -> (name: String, value: Value)? {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
        let value = String(text[text.index(after: equals)...])
        return (bare(String(text[..<equals])), asText ? .text(value) : ArgumentText.value(value))
    }

    /// The name without its sign.
    package static func bare(_ name: String) -> String {
        name.first.map { ":@$".contains($0) } == true ? String(name.dropFirst()) : name
    }

    /// The protocol's statement; it is given the named values that it asks for, since any others would be refused.
    package func bound(to statement: SplitStatement) -> Statement {
        let names = statement.names.compactMap { name in
            named[Self.bare(name)].map { NamedArgument(name: name, value: $0) }
        }
        return Statement(
            .text(statement.text), arguments: statement.hasPositions ? positional : [], namedArguments: names)
    }

    /// Names that no statement asks for: most likely misspelt.
    package func unused(in statements: [SplitStatement]) -> [String] {
        let asked = Set(statements.flatMap { $0.names.map(Self.bare) })
        return named.keys.filter { !asked.contains($0) }.sorted()
    }
}

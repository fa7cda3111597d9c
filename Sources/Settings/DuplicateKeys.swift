import Yams

/// The YAML parser stops at a map that has a key twice, and with it the report of everything else. So the earlier of
/// the two is renamed in the text (marked with private-use characters, which no setting's name has) and the text
/// parsed again; whoever reads the map then finds the marks and reports them.
enum DuplicateKeys {
    private static let mark: Unicode.Scalar = "\u{E000}"
    /// More keys given twice than this end the parse with the parser's own message.
    private static let most = 100

    /// - Throws: `YamlError` where the text is not YAML.
    static func compose(_ text: String) throws -> Node? {
        var text = text
        for count in 1...most {
            do {
                return try Yams.compose(yaml: text)
            } catch YamlError.duplicatedKeysInMapping(_, let context) {
                guard let marked = insert(marks: count, at: context.mark, into: text) else { break }
                text = marked
            }
        }
        return try Yams.compose(yaml: text)
    }

    /// The name that a marked key had; `nil` for other keys.
    static func original(of key: String) -> String? {
        guard key.unicodeScalars.first == mark else { return nil }
        let name = String(String.UnicodeScalarView(key.unicodeScalars.drop { $0 == mark }))
        return name.count >= 2 && ["\"", "'"].contains(name.first) && name.first == name.last
            ? String(name.dropFirst().dropLast()) : name
    }

    private static func insert(marks count: Int, at place: Mark, into text: String) -> String? {
        var scalars = Array(text.unicodeScalars)
        var line = 1
        var index = 0
        while line < place.line, index < scalars.count {
            if scalars[index] == "\n" || (scalars[index] == "\r" && !next(after: index, in: scalars, is: "\n")) {
                line += 1
            }
            index += 1
        }
        index += place.column - 1
        guard index <= scalars.count else { return nil }
        scalars.insert(contentsOf: repeatElement(mark, count: count), at: index)
        return String(String.UnicodeScalarView(scalars))
    }

    private static func next(after index: Int, in scalars: [Unicode.Scalar], is scalar: Unicode.Scalar) -> Bool {
        index + 1 < scalars.count && scalars[index + 1] == scalar
    }
}

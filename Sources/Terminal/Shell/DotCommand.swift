/// A line of the shell that begins with a dot.
package struct DotCommand: Sendable, Equatable {
    package enum Name: String, Sendable, CaseIterable {
        case bail, dump, echo, exit, headers, help, `import`, indexes, maxrows, mode, nullvalue, once, output, parameter
        case print, quit, read, schema, show, tables, timer, width
    }

    package let name: Name
    package let arguments: [String]

    /// - Parameter line: with its dot. A name may be shortened as far as it is clear.
    /// - Throws: `CommandFailure` for a name that is none.
    package init(_ line: String) throws(CommandFailure) {
        var words = try Self.words(line)
        guard let first = words.first, first.count > 1 else {
            throw CommandFailure(.usage, "a command's name follows the dot", advice: "see .help")
        }
        words.removeFirst()
        name = try Self.name(String(first.dropFirst()).lowercased())
        arguments = words
    }

    private static func name(_ text: String) throws(CommandFailure) -> Name {
        if let exact = Name(rawValue: text) { return exact }
        let found = Name.allCases.filter { $0.rawValue.hasPrefix(text) }
        guard let only = found.first else {
            throw CommandFailure(.usage, "unknown command .\(text)", advice: "see .help")
        }
        // What is shorter and common goes before: .e is not asked whether it means exit.
        guard found.count == 1 else {
            let names = found.map { ".\($0.rawValue)" }.joined(separator: ", ")
            throw CommandFailure(.usage, ".\(text) may mean \(names)")
        }
        return only
    }

    /// Words between blanks; quotes keep blanks, and a backslash in double quotes the character behind it.
    static func words(_ line: String) throws(CommandFailure) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in line {
            if isEscaped {
                word?.append(character == "n" ? "\n" : character == "t" ? "\t" : character)
                isEscaped = false
            } else if let open = quote {
                if character == open {
                    quote = nil
                } else if character == "\\", open == "\"" {
                    isEscaped = true
                } else {
                    word?.append(character)
                }
            } else if character == "'" || character == "\"" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { throw CommandFailure(.usage, "a quote is not closed") }
        return words + (word.map { [$0] } ?? [])
    }

    /// What the help says: usage and meaning.
    package static let help: [(usage: String, text: String)] = [
        (".bail on|off", "stop at the first error (off where somebody types)"),
        (".dump [TABLE…]", "write tables, or everything, as SQL"),
        (".echo on|off", "show statements before they run"),
        (".exit, .quit", "leave; so does Control-D"),
        (".headers on|off", "show columns' names"),
        (".help", "this"),
        (
            ".import [--skip N] FILE TABLE",
            "add a CSV file's rows to a table, made from its first line if it is not there"
        ),
        (".indexes [TABLE]", "list indexes"),
        (".maxrows N", "rows of a result that are shown in columns; 0 for all"),
        (".mode MODE", "how rows are shown: \(ResultFormat.named.map(\.rawValue).joined(separator: ", "))"),
        (".nullvalue TEXT", "what stands for NULL"),
        (".once FILE", "the next result goes into a file"),
        (".output [FILE]", "results go into a file; without one, here again"),
        (".parameter set NAME VALUE", "a value for :NAME, @NAME and $NAME; also: list, clear, unset NAME"),
        (".print TEXT…", "write a text"),
        (".read FILE", "run a file's statements and commands"),
        (".schema [PATTERN]", "the SQL that made tables, indexes, views and triggers"),
        (".show", "settings"),
        (".tables [PATTERN]", "list tables and views"),
        (".timer on|off", "say how long statements take"),
        (".width N…", "columns' widths; 0 for as wide as it takes; none: all so"),
    ]
}

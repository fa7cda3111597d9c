/// Lines that were entered, oldest first, without repetitions in a row.
package struct History: Sendable, Equatable {
    package static let limit = 1_000
    /// Longer lines are not kept.
    package static let longest = 64 << 10

    package private(set) var entries: [String] = []

    package init() {}

    /// - Parameter text: a history file, an entry on each line.
    package init(parsing text: String) {
        for line in text.split(separator: "\n") { add(Self.decoded(line)) }
    }

    /// - Returns: whether it is kept: lines that begin with a blank are not, which keeps secrets out.
    @discardableResult
    package mutating func add(_ line: String) -> Bool {
        let isKept = !line.isEmpty && line.first != " " && line != entries.last && line.utf8.count <= Self.longest
        guard isKept else { return false }
        entries.append(line)
        if entries.count > Self.limit { entries.removeFirst(entries.count - Self.limit) }
        return true
    }

    /// The newest entry before `index` with that in it, in capitals or not.
    func search(_ query: String, before index: Int) -> Int? {
        let wanted = query.lowercased()
        return entries[..<min(index, entries.count)].lastIndex { $0.lowercased().contains(wanted) }
    }

    // MARK: File

    /// An entry as a line of the file, with its line end.
    package static func encoded(_ entry: String) -> String {
        entry.replacing("\\", with: "\\\\").replacing("\n", with: "\\n") + "\n"
    }

    package var text: String { entries.map(Self.encoded).joined() }

    private static func decoded(_ line: Substring) -> String {
        var text = ""
        var isEscaped = false
        for character in line {
            switch (character, isEscaped) {
            case ("\\", false): isEscaped = true
            case ("n", true):
                text.append("\n")
                isEscaped = false
            default:
                text.append(character)
                isEscaped = false
            }
        }
        return text
    }
}

/// A line while it is edited: characters and the place between them where the next one goes.
struct EditBuffer: Sendable, Equatable {
    private(set) var characters: [Character] = []
    private(set) var cursor = 0

    init(_ text: String = "") {
        characters = Array(text)
        cursor = characters.count
    }

    var text: String { String(characters) }
    var isEmpty: Bool { characters.isEmpty }
    var beforeCursor: String { String(characters[..<cursor]) }

    /// A mark that combines goes into the character before it.
    mutating func insert(_ text: String) {
        let before = Array(beforeCursor + text)
        characters.replaceSubrange(..<cursor, with: before)
        cursor = before.count
    }

    mutating func move(to place: Int) { cursor = min(max(place, 0), characters.count) }
    mutating func move(by distance: Int) { move(to: cursor + distance) }

    /// Takes characters out; the cursor goes to where they were.
    ///
    /// - Returns: what was taken.
    mutating func remove(_ range: Range<Int>) -> String {
        let bounded = range.clamped(to: 0..<characters.count)
        let removed = String(characters[bounded])
        characters.removeSubrange(bounded)
        cursor = bounded.lowerBound
        return removed
    }

    mutating func replace(_ range: Range<Int>, with text: String) {
        _ = remove(range)
        insert(text)
    }

    /// Exchanges the characters around the cursor, at the end the last two.
    mutating func transpose() {
        guard characters.count > 1, cursor > 0 else { return }
        let second = min(cursor, characters.count - 1)
        characters.swapAt(second - 1, second)
        cursor = second + 1
    }

    // MARK: Places

    /// Where the line that the cursor is in begins and ends.
    var lineStart: Int { (characters[..<cursor].lastIndex(of: "\n") ?? -1) + 1 }
    var lineEnd: Int { characters[cursor...].firstIndex(of: "\n") ?? characters.count }

    var wordLeft: Int {
        var place = cursor
        while place > 0, !Self.isWord(characters[place - 1]) { place -= 1 }
        while place > 0, Self.isWord(characters[place - 1]) { place -= 1 }
        return place
    }

    var wordRight: Int {
        var place = cursor
        while place < characters.count, !Self.isWord(characters[place]) { place += 1 }
        while place < characters.count, Self.isWord(characters[place]) { place += 1 }
        return place
    }

    /// Where what stands without a blank before the cursor begins.
    var blankLeft: Int {
        var place = cursor
        while place > 0, characters[place - 1].isWhitespace { place -= 1 }
        while place > 0, !characters[place - 1].isWhitespace { place -= 1 }
        return place
    }

    private static func isWord(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || character == "_"
    }
}

/// Edits a line: keys in, actions out. Does no I/O; what to show is ``view``.
package struct LineEditor: Sendable {
    package enum Action: Sendable, Equatable {
        /// What is shown may have changed.
        case redraw
        /// The line is done.
        case accept(String)
        /// Control-C: the line is given up.
        case interrupt
        /// Control-D on an empty line.
        case end
        /// Asks for ``complete(with:)``, with the text before the cursor.
        case complete(before: String)
        /// Several things are meant by what was typed.
        case list([String])
        case clearScreen
        /// Control-Z.
        case suspend
        case bell
    }

    package struct View: Sendable, Equatable {
        package let prompt: String
        package let text: String
        /// Characters before the cursor.
        package let cursor: Int
    }

    private struct Search {
        var query = ""
        var match: Int?
        let draft: EditBuffer
    }

    package var history: History
    package var prompt = ""
    private var buffer = EditBuffer()
    /// Which entry of the history is shown; their number: none.
    private var place = 0
    private var draft = EditBuffer()
    private var killed = ""
    private var search: Search?
    /// Whether the last key was a tab that led nowhere.
    private var hasOffered = false

    package init(history: History = History()) { self.history = history }

    /// A new line.
    package mutating func begin(prompt: String) {
        self.prompt = prompt
        buffer = EditBuffer()
        draft = EditBuffer()
        place = history.entries.count
        search = nil
        hasOffered = false
    }

    package var view: View {
        guard let search else { return View(prompt: prompt, text: buffer.text, cursor: buffer.cursor) }
        let found = search.match == nil && !search.query.isEmpty ? "no match" : "search"
        let prompt = "(\(found)) \(search.query): "
        return View(prompt: prompt, text: buffer.text, cursor: buffer.cursor)
    }

    package mutating func handle(_ key: Key) -> Action {
        if search != nil, let action = handleSearch(key) { return action }
        if key != .tab { hasOffered = false }
        switch key {
        case .text(let text), .paste(let text): buffer.insert(text)
        case .enter: return .accept(buffer.text)
        case .tab: return .complete(before: buffer.beforeCursor)
        case .control(let letter): return handleControl(letter)
        case .up: return recall(place - 1)
        case .down: return recall(place + 1)
        case .escape, .unknown: return .bell
        default: edit(key)
        }
        return .redraw
    }

    private mutating func edit(_ key: Key) {
        switch key {
        case .left: buffer.move(by: -1)
        case .right: buffer.move(by: 1)
        case .home: buffer.move(to: buffer.lineStart)
        case .end: buffer.move(to: buffer.lineEnd)
        case .wordLeft: buffer.move(to: buffer.wordLeft)
        case .wordRight: buffer.move(to: buffer.wordRight)
        case .backspace: _ = buffer.remove(max(0, buffer.cursor - 1)..<buffer.cursor)
        case .delete: _ = buffer.remove(buffer.cursor..<buffer.cursor + 1)
        case .deleteWordLeft: kill(buffer.wordLeft..<buffer.cursor)
        case .deleteWordRight: kill(buffer.cursor..<buffer.wordRight)
        default: break
        }
    }

    private mutating func handleControl(_ letter: Character) -> Action {
        switch letter {
        case "a": edit(.home)
        case "b": edit(.left)
        case "c": return .interrupt
        case "d":
            if buffer.isEmpty { return .end }
            edit(.delete)
        case "e": edit(.end)
        case "f": edit(.right)
        case "k": kill(buffer.cursor..<buffer.lineEnd)
        case "l": return .clearScreen
        case "n": return recall(place + 1)
        case "p": return recall(place - 1)
        case "r": search = Search(draft: buffer)
        case "t": buffer.transpose()
        case "u": kill(buffer.lineStart..<buffer.cursor)
        case "w": kill(buffer.blankLeft..<buffer.cursor)
        case "y": buffer.insert(killed)
        case "z": return .suspend
        default: return .bell
        }
        return .redraw
    }

    private mutating func kill(_ range: Range<Int>) {
        let taken = buffer.remove(range)
        if !taken.isEmpty { killed = taken }
    }

    // MARK: History

    private mutating func recall(_ wanted: Int) -> Action {
        guard wanted >= 0, wanted <= history.entries.count else { return .bell }
        if place == history.entries.count { draft = buffer }
        place = wanted
        buffer = wanted == history.entries.count ? draft : EditBuffer(history.entries[wanted])
        return .redraw
    }

    /// - Returns: nil where the key ends the search and is to be done to what it found.
    private mutating func handleSearch(_ key: Key) -> Action? {
        guard var state = search else { return nil }
        switch key {
        case .text(let text):
            state.query += text
            return look(&state, from: state.match.map { $0 + 1 } ?? history.entries.count)
        case .backspace:
            state.query = String(state.query.dropLast())
            return look(&state, from: history.entries.count)
        case .control("r"): return look(&state, from: state.match ?? history.entries.count)
        case .control("g"), .control("c"), .escape:
            buffer = state.draft
            search = nil
            return .redraw
        default:
            search = nil
            return nil
        }
    }

    private mutating func look(_ state: inout Search, from index: Int) -> Action {
        let found = state.query.isEmpty ? nil : history.search(state.query, before: index)
        let isNew = found != nil || state.query.isEmpty
        if let found {
            state.match = found
            buffer = EditBuffer(history.entries[found])
            place = found
        } else if state.query.isEmpty {
            state.match = nil
        }
        search = state
        return isNew ? .redraw : .bell
    }

    // MARK: Completion

    /// Answers ``Action/complete(before:)``.
    package mutating func complete(with completion: Completion) -> Action {
        guard let first = completion.candidates.first else { return .bell }
        let start = buffer.cursor - completion.typed
        guard completion.candidates.count > 1 else {
            let isOpen = first.hasSuffix("(") || first.hasSuffix("/") || first.hasSuffix(".")
            buffer.replace(start..<buffer.cursor, with: isOpen ? first : first + " ")
            return .redraw
        }
        let common = completion.common
        if common.count > completion.typed {
            buffer.replace(start..<buffer.cursor, with: common)
            return .redraw
        }
        guard hasOffered else {
            hasOffered = true
            return .bell
        }
        return .list(completion.candidates)
    }
}

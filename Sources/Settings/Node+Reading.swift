import Yams

/// One key of a YAML map with its value.
struct NodeEntry {
    let name: String
    let line: Int?
    let value: Node
}

extension Node {
    var line: Int? { mark?.line }

    /// The text of a scalar that is not null.
    var plainText: String? {
        guard case .scalar(let scalar) = self, !isNull else { return nil }
        return scalar.string
    }

    /// An empty value, `~` or `null`, written without quotes.
    var isNull: Bool {
        guard case .scalar(let scalar) = self, scalar.style == .plain || scalar.style == .any else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    /// What a mistake quotes: at most 60 characters, without control characters.
    var shown: String {
        switch self {
        case .scalar(let scalar):
            if isNull { return "nothing" }
            let visible = scalar.string.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }
            let text = String(String.UnicodeScalarView(visible))
            return "\"\(text.count > 60 ? String(text.prefix(60)) + "…" : text)\""
        case .mapping: return "a map"
        case .sequence: return "a list"
        case .alias: return "an alias"
        }
    }

    /// The items of a list; a scalar counts as a list of one, null as an empty one.
    var listItems: [Node] {
        if case .sequence(let sequence) = self { return Array(sequence) }
        return isNull ? [] : [self]
    }

    /// The entries of a map, each name once; `nil` for anything else. Keys given twice are logged, and the last
    /// value is taken, as are keys that are no text.
    func entries(_ place: SettingPlace, _ log: inout MistakeLog) -> [NodeEntry]? {
        guard case .mapping(let mapping) = self else { return nil }
        let all = mapping.map { (key: $0.key, value: $0.value) }
        var entries: [NodeEntry] = []
        var earlier: [(name: String, line: Int?)] = []
        for (key, value) in all {
            guard let name = key.string else {
                log.add(place.at(key.line), "found \(key.shown) as a key, expected a name")
                continue
            }
            if let original = DuplicateKeys.original(of: name) {
                earlier.append((original, key.line))
            } else {
                entries.append(NodeEntry(name: name, line: key.line, value: value))
            }
        }
        for (name, line) in earlier {
            let last = entries.first { $0.name == name }?.line
            let first = line.map { " on line \($0)" } ?? ""
            log.add(place.child(name, line: last), "given already\(first); keep one of the two")
        }
        return entries
    }
}

/// Gathers mistakes while the reading goes on.
struct MistakeLog {
    private(set) var mistakes: [SettingMistake] = []

    mutating func add(_ place: SettingPlace, _ message: String) {
        mistakes.append(SettingMistake(origin: place.origin, key: place.key, message: message))
    }

    /// Those of a file from top to bottom, others as they were found.
    var inOrderOfLines: [SettingMistake] {
        func line(_ mistake: SettingMistake) -> Int {
            if case .file(_, let line?) = mistake.origin { line } else { 0 }
        }
        return mistakes.enumerated()
            .sorted { (line($0.element), $0.offset) < (line($1.element), $1.offset) }
            .map(\.element)
    }

    /// Whether the key, or something inside it, has a mistake.
    func concerns(_ key: String) -> Bool {
        mistakes.contains { $0.concerns(key) }
    }
}

/// A value's origin and its key.
struct SettingPlace {
    var origin: SettingOrigin
    var key: String

    /// The same, with the line of a node inside the value.
    func at(_ line: Int?) -> SettingPlace {
        guard case .file(let path, _) = origin, let line else { return self }
        return SettingPlace(origin: .file(path: path, line: line), key: key)
    }

    func item(_ index: Int, line: Int?) -> SettingPlace {
        var place = at(line)
        place.key += "[\(index)]"
        return place
    }

    func child(_ name: String, line: Int?) -> SettingPlace {
        var place = at(line)
        place.key = place.key.isEmpty ? name : "\(place.key).\(name)"
        return place
    }
}

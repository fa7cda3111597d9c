import Yams

/// Reads the YAML file into settings, key by key.
struct FileReader {
    let path: String
    private(set) var log = MistakeLog()
    /// Where each key that was given stands.
    private(set) var origins: [String: SettingOrigin] = [:]

    init(path: String) {
        self.path = path
    }

    mutating func read(_ text: String, into settings: inout ServerSettings) {
        let place = SettingPlace(origin: .file(path: path, line: nil), key: "")
        do {
            guard let root = try DuplicateKeys.compose(text), !root.isNull else { return }
            readMap(root, place, into: &settings)
        } catch {
            let (line, message) = YAMLProblem.describe(error)
            log.add(place.at(line), message)
        }
    }

    private mutating func readMap(_ node: Node, _ place: SettingPlace, into settings: inout ServerSettings) {
        guard let entries = node.entries(place, &log) else {
            if !node.isNull { log.add(place.at(node.line), "found \(node.shown), expected a map of keys") }
            return
        }
        for entry in entries {
            let inner = place.child(entry.name, line: entry.line)
            if let setting = SettingsTable.setting(inner.key) {
                origins[inner.key] = inner.origin
                setting.read(entry.value, inner, &log, &settings)
            } else if SettingsTable.sections.contains(inner.key) {
                readMap(entry.value, inner, into: &settings)
            } else if let advice = SettingsTable.planned[inner.key] {
                log.add(inner, advice)
            } else {
                log.add(inner, "unknown key" + KeyGuess.hint(for: inner.key))
            }
        }
    }
}

/// The parser's errors in one line.
enum YAMLProblem {
    static func describe(_ error: any Error) -> (line: Int?, message: String) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            (mark.line, "not YAML: \(problem) (column \(mark.column))")
        case .reader(let problem, _, _, _): (nil, "not YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            (context.mark.line, "given twice: \(keys.sorted().joined(separator: ", "))")
        default: (nil, "not YAML: \(error)")
        }
    }
}

/// What an unknown key was most likely meant to be.
enum KeyGuess {
    /// `; did you mean limits.body-size?` or nothing.
    static func hint(for key: String) -> String {
        nearest(to: key).map { "; did you mean \($0)?" } ?? ""
    }

    /// First a neighbour in the same section, then the same name in another section, then the nearest of all.
    static func nearest(to key: String) -> String? {
        let section = key.split(separator: ".").dropLast().joined(separator: ".")
        let all = SettingsTable.all.map(\.path) + SettingsTable.sections.sorted()
        let neighbours = all.filter { $0.split(separator: ".").dropLast().joined(separator: ".") == section }
        let last = key.split(separator: ".").last.map(String.init) ?? key
        let names = neighbours.map { String($0.split(separator: ".").last ?? "") }
        if let name = Suggestion.nearest(to: last, in: names) { return section.isEmpty ? name : "\(section).\(name)" }
        return all.first { $0.hasSuffix("." + last) } ?? Suggestion.nearest(to: key, in: all)
    }
}

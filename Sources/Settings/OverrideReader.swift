import Yams

/// Reads single values from outside the file: environment variables and flags.
struct OverrideReader {
    private(set) var log = MistakeLog()
    private(set) var origins: [String: SettingOrigin] = [:]

    /// Variables that are empty count as not given. Variables that begin with `ROWHOUSE_` and a section's name, or
    /// are a slip away from one that exists, but name no key, are mistakes; others (`ROWHOUSE_TOKEN`, what an
    /// orchestrator puts there) are not ours.
    mutating func read(environment: [String: String], into settings: inout ServerSettings) {
        let known = Dictionary(uniqueKeysWithValues: SettingsTable.all.map { ($0.environmentVariable, $0) })
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix("ROWHOUSE_") {
            let place = SettingPlace(origin: .environment(variable: variable), key: "")
            if let setting = known[variable] {
                if !text.isEmpty { read(setting, text, place, into: &settings) }
            } else if let guess = Self.meant(by: variable, known: known.keys.sorted()) {
                log.add(place, guess)
            }
        }
    }

    mutating func read(flags: [SettingFlag], into settings: inout ServerSettings) {
        for flag in flags {
            let place = SettingPlace(origin: .flag(flag.name), key: "")
            if let setting = SettingsTable.setting(flag.key) {
                read(setting, flag.text, place, into: &settings)
            } else {
                log.add(place, "unknown key \(flag.key)" + KeyGuess.hint(for: flag.key))
            }
        }
    }

    private mutating func read(
        _ setting: Setting, _ text: String, _ place: SettingPlace, into settings: inout ServerSettings
    ) {
        let place = SettingPlace(origin: place.origin, key: setting.path)
        origins[setting.path] = place.origin
        guard setting.isStructured else {
            setting.read(Node(text), place, &log, &settings)
            return
        }
        do {
            let node = try DuplicateKeys.compose(text) ?? Node("")
            setting.read(node, place, &log, &settings)
        } catch {
            log.add(place, YAMLProblem.describe(error).message)
        }
    }

    private static func meant(by variable: String, known: [String]) -> String? {
        let section = variable.dropFirst("ROWHOUSE_".count).split(separator: "_").first.map { $0.lowercased() } ?? ""
        let near = Suggestion.nearest(to: variable, in: known)
        let isOneSlip = near.map { Suggestion.edits(from: variable, to: $0) <= 2 } ?? false
        guard isOneSlip || SettingsTable.sections.contains(section) else { return nil }
        return "names no key" + (near.map { "; did you mean \($0)?" } ?? "")
    }
}

/// A value given on the command line.
package struct SettingFlag: Sendable, Equatable {
    package let name: String
    package let key: String
    package let text: String

    /// - Parameters:
    ///   - name: as the user wrote it, `--listen`
    ///   - key: the path that it sets, `node.listen`
    package init(_ name: String, sets key: String, to text: String) {
        self.name = name
        self.key = key
        self.text = text
    }
}

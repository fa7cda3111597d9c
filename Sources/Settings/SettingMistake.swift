/// Where a setting's value was given.
package enum SettingOrigin: Sendable, Hashable, CustomStringConvertible {
    case builtIn
    /// `line` counts from 1; `nil` where the parser could not tell.
    case file(path: String, line: Int?)
    case environment(variable: String)
    case flag(String)

    package var description: String {
        switch self {
        case .builtIn: "default"
        case .file(let path, let line): line.map { "\(path):\($0)" } ?? path
        case .environment(let variable): "environment variable \(variable)"
        case .flag(let name): "flag \(name)"
        }
    }
}

/// One thing that is wrong with a configuration, ready to be read by a person.
package struct SettingMistake: Sendable, Equatable, CustomStringConvertible {
    package let origin: SettingOrigin
    /// The key's path (`limits.body-size`, `access.admin-tokens[0].sha256`); empty for the file as a whole.
    package let key: String
    /// What was found, and what it should have been or what to do.
    package let message: String

    /// Whether it is about the key or something inside its value.
    package func concerns(_ path: String) -> Bool {
        key == path || key.hasPrefix(path + ".") || key.hasPrefix(path + "[")
    }

    package init(origin: SettingOrigin, key: String, message: String) {
        self.origin = origin
        self.key = key
        self.message = message
    }

    package var description: String {
        key.isEmpty ? "\(origin): \(message)" : "\(origin): \(key): \(message)"
    }
}

/// All mistakes of a configuration, at least one, in the order file, environment, flags, contradictions.
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    package let mistakes: [SettingMistake]

    package init(mistakes: [SettingMistake]) {
        self.mistakes = mistakes
    }

    package var description: String { mistakes.map(\.description).joined(separator: "\n") }
}

import Foundation

/// Looks at the files that settings name, which reading the settings does not do.
package enum FileChecks {
    /// Bytes that a cluster key must have at least.
    package static let shortestKey = 32

    /// Mistakes in files that are named: missing, unreadable, a cluster key too short or open to other users.
    package static func mistakes(_ loaded: LoadedSettings) -> [SettingMistake] {
        var mistakes: [SettingMistake] = []
        if let path = loaded.settings.cluster.keyFile, let problem = keyProblem(path) {
            let key = "cluster.key-file"
            mistakes.append(SettingMistake(origin: loaded.origin(of: key), key: key, message: problem))
        }
        for rule in loaded.settings.schemas {
            guard let path = rule.template, FileManager.default.contents(atPath: path) == nil else { continue }
            let key = "schemas.\(rule.name).template"
            let message = "cannot read \(path); relative paths start at the working directory"
            mistakes.append(SettingMistake(origin: loaded.origin(of: "schemas"), key: key, message: message))
        }
        return mistakes
    }

    private static func keyProblem(_ path: String) -> String? {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            return "cannot read \(path); make one with `openssl rand -hex 32 > \(path) && chmod 600 \(path)`"
        }
        guard bytes.count >= shortestKey else {
            return "\(path) has \(bytes.count) bytes; a cluster key has at least \(shortestKey)"
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
        return mode & 0o007 == 0 ? nil : "\(path) can be read by every user; run `chmod 600 \(path)`"
    }
}

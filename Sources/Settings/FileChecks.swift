import Foundation

/// Looks at the files that settings name, which reading the settings does not do.
package enum FileChecks {
    /// Bytes that a cluster key must have at least.
    package static let shortestKey = 32

    /// Mistakes in files and folders that are named: missing, unreadable, not writable, a cluster key too short or open to
    /// other users.
    package static func mistakes(_ loaded: LoadedSettings) -> [SettingMistake] {
        var mistakes: [SettingMistake] = []
        if let path = loaded.settings.cluster.keyFile, let problem = keyProblem(path) {
            let key = "cluster.key-file"
            mistakes.append(SettingMistake(origin: loaded.origin(of: key), key: key, message: problem))
        }
        let folders = [
            ("node.data", loaded.settings.node.data), ("journal.directory", loaded.settings.journal.directory),
        ]
        for case (let key, let path?) in folders {
            guard let problem = folderProblem(path) else { continue }
            mistakes.append(SettingMistake(origin: loaded.origin(of: key), key: key, message: problem))
        }
        for rule in loaded.settings.schemas {
            guard let path = rule.template, let problem = textProblem(path) else { continue }
            let key = "schemas.\(rule.name).template"
            mistakes.append(SettingMistake(origin: loaded.origin(of: "schemas"), key: key, message: problem))
        }
        return mistakes
    }

    private static func textProblem(_ path: String) -> String? {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            return "cannot read \(path); relative paths start at the working directory"
        }
        return String(data: bytes, encoding: .utf8) == nil ? "\(path) is no UTF-8 text" : nil
    }

    /// A folder that is not there is made, together with those above it.
    private static func folderProblem(_ path: String) -> String? {
        var existing = URL(fileURLWithPath: path).standardizedFileURL.path
        while !FileManager.default.fileExists(atPath: existing), existing != "/" {
            existing = URL(fileURLWithPath: existing).deletingLastPathComponent().path
        }
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: existing, isDirectory: &isFolder)
        guard isFolder.boolValue else { return "\(existing) is no folder" }
        guard access(existing, R_OK | W_OK | X_OK) == 0 else { return "\(existing) cannot be written to by this user" }
        return nil
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

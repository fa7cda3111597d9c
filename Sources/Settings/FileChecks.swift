import Foundation

/// Looks at the files that settings name, which reading the settings does not do.
package struct FileChecks: Sendable {
    /// What is wrong with a cluster key's file of that content, as words behind its path.
    package var key: @Sendable ([UInt8]) -> String? = { _ in nil }
    /// What is wrong with a template's SQL.
    package var template: @Sendable (String) -> String? = { _ in nil }

    package init() {}

    /// Mistakes in files and folders that are named: missing, unreadable, not writable, a cluster key too short or open to
    /// other users.
    package func mistakes(_ loaded: LoadedSettings) -> [SettingMistake] {
        var mistakes: [SettingMistake] = []
        if let path = loaded.settings.cluster.keyFile, let problem = keyProblem(path) {
            mistakes.append(loaded.mistake("cluster.key-file", problem))
        }
        let folders = [
            ("node.data", loaded.settings.node.data), ("journal.directory", loaded.settings.journal.directory),
        ]
        for case (let key, let path?) in folders {
            guard let problem = folderProblem(path) else { continue }
            mistakes.append(loaded.mistake(key, problem))
        }
        for rule in loaded.settings.schemas {
            guard let path = rule.template, let problem = textProblem(path) else { continue }
            let key = "schemas.\(rule.name).template"
            mistakes.append(SettingMistake(origin: rule.templateOrigin, key: key, message: problem))
        }
        return mistakes
    }

    private func textProblem(_ path: String) -> String? {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            return "cannot read \(path); relative paths start at the working directory"
        }
        guard let text = String(data: bytes, encoding: .utf8) else { return "\(path) is no UTF-8 text" }
        return template(text).map { "\(path): \($0)" }
    }

    /// A folder that is not there is made, together with those above it.
    private func folderProblem(_ path: String) -> String? {
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

    private func keyProblem(_ path: String) -> String? {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            return "cannot read \(path); make one with `openssl rand -hex 32 > \(path) && chmod 600 \(path)`"
        }
        if let problem = key([UInt8](bytes)) { return "\(path) \(problem)" }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
        return mode & 0o007 == 0 ? nil : "\(path) can be read by every user; run `chmod 600 \(path)`"
    }
}

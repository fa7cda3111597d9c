/// Tells about one key, or the keys of one section.
package enum SettingsExplainer {
    /// - Returns: `nil` where there is no such key; ask ``suggestion(for:)`` then.
    package static func explain(_ path: String) -> String? {
        if let setting = SettingsTable.setting(path) { return page(setting) }
        let inside = settings(in: path)
        guard !inside.isEmpty else { return nil }
        let width = inside.map(\.path.count).max() ?? 0
        return inside.map { setting in
            setting.path + String(repeating: " ", count: width - setting.path.count) + "  " + setting.help
        }.joined(separator: "\n")
    }

    /// All keys below a section.
    package static func settings(in section: String) -> [Setting] {
        SettingsTable.all.filter { $0.path.hasPrefix(section + ".") }
    }

    package static func suggestion(for path: String) -> String? { KeyGuess.nearest(to: path) }

    private static func page(_ setting: Setting) -> String {
        """
        \(setting.path) (\(setting.kind))
          \(setting.help)
          takes        \(setting.expected)\(setting.units.map { " (units: \($0))" } ?? "")
          default      \(setting.defaultText ?? "not set" + (setting.example.map { ", e.g. \($0)" } ?? ""))
          environment  \(setting.environmentVariable)
          a change     \(SettingsChange.live.contains(setting.path) ? "is taken up on SIGHUP" : "needs a restart")
        """
    }
}

/// Settings as an annotated YAML file that reads back as the same settings.
package enum SettingsPrinter {
    private static let width = 110

    /// Every key with its meaning, what it takes and its value; keys that are not set as commented examples.
    package static func yaml(_ settings: ServerSettings) -> String {
        var lines = [
            "# Configuration of a Rowhouse node. Flags win over environment variables, which win over this file;",
            "# the variable of a key is ROWHOUSE_ and its path in capitals: limits.body-size is ROWHOUSE_LIMITS_BODY_SIZE.",
            "# Sizes are whole numbers with \(SizeText.unitNames); durations with \(DurationText.unitNames).",
            "# `rowhouse config check --config FILE` reports every mistake, `rowhouse config explain KEY` tells more about a key.",
        ]
        var open: String?
        for setting in SettingsTable.all {
            let parts = setting.path.split(separator: ".").map(String.init)
            let section = parts.count > 1 ? parts[0] : nil
            if section == nil || section != open { lines.append("") }
            if let section, section != open { lines.append("\(section):") }
            open = section
            lines += entry(setting, parts.last ?? setting.path, section == nil ? "" : "  ", settings)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func entry(
        _ setting: Setting, _ name: String, _ indent: String, _ settings: ServerSettings
    ) -> [String] {
        let comment = wrap("\(setting.help) Takes \(setting.expected).", to: width - indent.count - 2)
        let lines = comment.map { "\(indent)# \($0)" }
        guard let value = setting.text(in: settings) else {
            return lines + ["\(indent)# \(name): \(YAMLText.scalar(setting.example ?? ""))"]
        }
        return lines + ["\(indent)\(name): \(value)"]
    }

    private static func wrap(_ text: String, to width: Int) -> [String] {
        var lines = [""]
        for word in text.split(separator: " ") {
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = String(word)
            } else if last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}

import Settings

/// Loads a file's text alone.
func load(_ yaml: String, environment: [String: String] = [:], flags: [SettingFlag] = []) throws -> LoadedSettings {
    let file = SettingsSources.File(path: "node.yaml", text: yaml)
    return try ServerSettings.load(SettingsSources(file: file, environment: environment, flags: flags))
}

/// The mistakes of a configuration, as a person sees them; empty when there are none.
func mistakes(in yaml: String, environment: [String: String] = [:], flags: [SettingFlag] = []) -> [String] {
    do throws(SettingsError) {
        let file = SettingsSources.File(path: "node.yaml", text: yaml)
        _ = try ServerSettings.load(SettingsSources(file: file, environment: environment, flags: flags))
        return []
    } catch {
        return error.mistakes.map(\.description)
    }
}

/// Where settings come from. What comes later in this list wins: file, environment, flags.
package struct SettingsSources: Sendable {
    package struct File: Sendable {
        /// As mistakes should show it.
        package var path: String
        package var text: String

        package init(path: String, text: String) {
            self.path = path
            self.text = text
        }
    }

    package var file: File?
    package var environment: [String: String]
    package var flags: [SettingFlag]

    package init(file: File? = nil, environment: [String: String] = [:], flags: [SettingFlag] = []) {
        self.file = file
        self.environment = environment
        self.flags = flags
    }
}

/// Settings without a mistake, and where each of them was given.
package struct LoadedSettings: Sendable {
    package let settings: ServerSettings
    private let origins: [String: SettingOrigin]

    package func origin(of path: String) -> SettingOrigin { origins[path] ?? .builtIn }

    /// A mistake of a key that has been read, where its value was given.
    package func mistake(_ key: String, _ message: String) -> SettingMistake {
        SettingMistake(origin: origin(of: key), key: key, message: message)
    }

    fileprivate init(settings: ServerSettings, origins: [String: SettingOrigin]) {
        self.settings = settings
        self.origins = origins
    }
}

extension ServerSettings {
    /// Reads all sources on top of the defaults. Pure: opens no file (see ``FileChecks`` for those that it names).
    ///
    /// - Throws: `SettingsError` with every mistake of every source, contradictions between keys included.
    ///
    /// - Parameter isNode: false for a command, which no other node has to find.
    package static func load(
        _ sources: SettingsSources, isNode: Bool = true
    ) throws(SettingsError) -> LoadedSettings {
        let (loaded, mistakes) = read(sources, isNode: isNode)
        guard mistakes.isEmpty else { throw SettingsError(mistakes: mistakes) }
        return loaded
    }

    /// The same for who wants to look further in spite of mistakes: keys with one have the value below.
    package static func read(
        _ sources: SettingsSources, isNode: Bool = true
    ) -> (loaded: LoadedSettings, mistakes: [SettingMistake]) {
        var settings = ServerSettings()
        var file = FileReader(path: sources.file?.path ?? "")
        if let text = sources.file?.text { file.read(text, into: &settings) }
        var overrides = OverrideReader()
        overrides.read(environment: sources.environment, into: &settings)
        overrides.read(flags: sources.flags, into: &settings)

        let origins = file.origins.merging(overrides.origins) { $1 }
        let logs = [file.log, overrides.log]
        let contradictions = Contradiction.all
            .filter { isNode || !$0.isOfNode }
            .filter { rule in !rule.keys.contains { key in logs.contains { $0.concerns(key) } } }
            .compactMap { $0.mistake(in: settings, origins) }
        let mistakes = logs.flatMap(\.inOrderOfLines) + contradictions
        return (LoadedSettings(settings: settings, origins: origins), mistakes)
    }
}

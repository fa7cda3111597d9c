/// What differs between the settings that a node runs with and those that it finds now.
package struct SettingsChange: Equatable, Sendable {
    /// Keys that a running node takes up on SIGHUP.
    package static let live: Set<String> = ["access.admin-tokens", "access.trusted-proxies", "cors.origins"]

    /// Keys that are taken up now.
    package let takenUp: [String]
    /// Keys that have another value from the next start on.
    package let waiting: [String]

    package init(from old: ServerSettings, to new: ServerSettings) {
        let changed = SettingsTable.all.filter { $0.write(old) != $0.write(new) }.map(\.path)
        takenUp = changed.filter(Self.live.contains)
        waiting = changed.filter { !Self.live.contains($0) }
    }

    /// The old settings, with what is taken up of the new ones.
    package static func taken(_ new: ServerSettings, into old: ServerSettings) -> ServerSettings {
        var settings = old
        settings.access.adminTokens = new.access.adminTokens
        settings.access.trustedProxies = new.access.trustedProxies
        settings.cors.origins = new.cors.origins
        return settings
    }
}

import Access
import Logging
import Settings

/// What of a node's settings may change while it runs, and how it does.
final class LiveSettings: Sendable {
    /// Loads settings as the start did.
    typealias Source = @Sendable () throws(SettingsError) -> ServerSettings

    let admins: Current<AdminTokens>
    let cors: CORSRule
    let proxies: TrustedProxies
    private let ranges: Current<[AddressRange]>
    /// What the node runs with.
    private let settings: Current<ServerSettings>

    init(_ settings: ServerSettings) throws {
        self.settings = Current(settings)
        admins = Current(try ServeSettings.adminTokens(settings))
        cors = CORSRule(origins: Self.origins(settings))
        let ranges = Current(settings.access.trustedProxies)
        self.ranges = ranges
        proxies = TrustedProxies { address in ranges.value.contains { $0.contains(address) } }
    }

    private static func origins(_ settings: ServerSettings) -> [String] { settings.cors.origins.map { "\($0)" } }

    /// Takes up what may change; with any mistake nothing. For one task at a time.
    func reload(_ load: Source, _ logger: Logger) {
        do {
            try take(load(), logger)
        } catch let error as SettingsError {
            logger.error("the configuration has mistakes; nothing of it was taken up: \(error)")
        } catch {
            logger.error("the configuration was not taken up: \(error)")
        }
    }

    private func take(_ new: ServerSettings, _ logger: Logger) throws {
        let change = SettingsChange(from: settings.value, to: new)
        let tokens = try ServeSettings.adminTokens(new)
        guard tokens.isEmpty == admins.value.isEmpty else {
            return logger.error(
                "access.admin-tokens: with the first one, or without any, a node begins anew; nothing was taken up: restart it"
            )
        }
        admins.value = tokens
        cors.replace(origins: Self.origins(new))
        ranges.value = new.access.trustedProxies
        settings.value = SettingsChange.taken(new, into: settings.value)
        logger.notice("configuration read again", metadata: ["taken_up": Self.list(change.takenUp)])
        guard !change.waiting.isEmpty else { return }
        logger.warning("these keys changed and need a restart", metadata: ["keys": Self.list(change.waiting)])
    }

    private static func list(_ keys: [String]) -> Logger.MetadataValue {
        "\(keys.isEmpty ? "nothing" : keys.joined(separator: ","))"
    }
}

import Access
import Foundation
import Postgres
import Settings
import Tenants

/// What `serve` would refuse to start with, found without starting: `config check` and `serve` ask the same.
enum ServeChecks {
    /// - Returns: the settings, if there is nothing to refuse.
    /// - Throws: `SettingsError` with all mistakes, those in files and folders among them.
    static func load(_ sources: SettingsOptions) throws(SettingsError) -> LoadedSettings {
        let (loaded, mistakes) = try sources.read()
        // What a mistaken key falls back to says nothing.
        let further = further(loaded).filter { next in !mistakes.contains { $0.concerns(next.key) } }
        guard mistakes.isEmpty, further.isEmpty else { throw SettingsError(mistakes: mistakes + further) }
        return loaded
    }

    private static func further(_ loaded: LoadedSettings) -> [SettingMistake] {
        var checks = FileChecks()
        checks.key = keyProblem
        checks.template = templateProblem
        return [listenMistake(loaded), catalogMistake(loaded)].compactMap(\.self) + checks.mistakes(loaded)
            + directoryMistakes(loaded)
    }

    /// Everybody could read and change everything.
    static func listenMistake(_ loaded: LoadedSettings) -> SettingMistake? {
        let settings = loaded.settings
        return ListenRule.check(settings.node.listen.host, credentialsConfigured: !settings.access.adminTokens.isEmpty)
            .map { loaded.mistake("node.listen", $0.description) }
    }

    private static func catalogMistake(_ loaded: LoadedSettings) -> SettingMistake? {
        guard case .postgres(let address) = loaded.settings.catalog else { return nil }
        return PostgresPlace(address, loaded.settings.postgres).mistake.map {
            loaded.mistake("catalog", $0.description)
        }
    }

    private static func keyProblem(_ contents: [UInt8]) -> String? {
        do throws(AccessSetupError) {
            _ = try ClusterKey(fileContents: contents)
            return nil
        } catch {
            guard case .clusterKeyTooShort(let count) = error else { return "\(error)" }
            return
                "has \(count) bytes; a cluster key has at least \(ClusterKey.minimumBytes), white space around it aside"
        }
    }

    private static func templateProblem(_ sql: String) -> String? {
        do throws(TenantsError) {
            try TemplateStore.check(sql: sql)
            return nil
        } catch {
            return error.description
        }
    }

    /// What the data directory, if it is one already, was made with.
    private static func directoryMistakes(_ loaded: LoadedSettings) -> [SettingMistake] {
        let directory = Node.absolute(loaded.settings.node.data)
        var mistakes: [SettingMistake] = []
        do throws(ServeFailure) {
            _ = try ServeIdentity.kept(loaded.settings, directory: directory)
        } catch {
            mistakes.append(loaded.mistake("node.id", error.description))
        }
        do throws(ServeFailure) {
            _ = try ServeJournal.place(loaded.settings.journal.directory.map(Node.absolute), directory: directory)
        } catch {
            mistakes.append(loaded.mistake("journal.directory", error.description))
        }
        return mistakes
    }
}

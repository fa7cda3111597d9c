import ArgumentParser
import Catalog
import Postgres
import Settings
import Terminal

struct CatalogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Check a catalog, or copy it elsewhere.",
        discussion: """
            A catalog is named by a data directory (its node must not be running), by http://host:port of a running node that \
            holds one (with cluster.key-file), or by libpq's connection string. Settings say the rest, such as \
            postgres.schema; without a name they also say which.
            """,
        subcommands: [Check.self, Copy.self, Reopen.self])

    /// Opens, does, closes; failures in the words and codes of commands.
    static func with<Answer: Sendable>(
        _ place: String?, _ sources: SettingsOptions, for purpose: OpenCatalog.Purpose = .use,
        _ body: (OpenCatalog) async throws -> Answer
    ) async throws -> Answer {
        try await saying {
            let settings = try settings(sources)
            let catalog = try await CatalogPlace(place, settings).open(settings, for: purpose)
            let answer = await Result { try await body(catalog) }
            try await NodeCore.blocking { catalog.close() }
            return try answer.get()
        }
    }

    static func settings(_ sources: SettingsOptions) throws(CommandFailure) -> ServerSettings {
        do throws(SettingsError) {
            return try sources.load(isNode: false).settings
        } catch {
            throw CommandFailure(.failed, "the configuration has mistakes\n\(error)")
        }
    }

    static func saying<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        do {
            return try await body()
        } catch let error as CatalogError {
            if case .unavailable = error { throw CommandFailure(.unreachable, error.description) }
            throw CommandFailure(.failed, error.description)
        } catch let error as CopyError {
            throw CommandFailure(status(of: error), error.description)
        } catch let error as PostgresError {
            throw CommandFailure(.configuration, error.description)
        } catch let error as ServeFailure {
            throw CommandFailure(CommandStatus(rawValue: error.exitCode) ?? .failed, error.description)
        }
    }

    private static func status(of error: CopyError) -> CommandStatus {
        switch error {
        case .noSource: .notFound
        case .differs: .failed
        case .unfinishedSource, .movedElsewhere, .sealedTarget, .otherCopy, .notEmpty, .twoAtOnce, .reopened: .conflict
        }
    }
}

import ArgumentParser
import Terminal
import Vocabulary

struct TenantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Create, list, change and query tenants.",
        subcommands: [
            Create.self, List.self, Show.self, Rename.self, Delete.self, Undelete.self, Token.self, Query.self,
            Move.self,
        ])
}

/// The key of a tenant as an argument, checked before anything is sent.
struct KeyArgument: ParsableArguments {
    @Argument(help: "The tenant's key.", transform: TenantKeyText.check)
    var key: String
}

enum TenantKeyText {
    /// - Throws: `ValidationError` naming the rule that the text breaks.
    static func check(_ text: String) throws -> String {
        do throws(TenantKeyError) {
            return try TenantKey(text).string
        } catch {
            throw ValidationError("\(error)")
        }
    }
}

/// The control plane's paths for tenants.
enum TenantPath {
    static func tenant(_ key: String, _ rest: String...) -> String {
        RequestPath.build(["v1", "tenants", key] + rest)
    }
}

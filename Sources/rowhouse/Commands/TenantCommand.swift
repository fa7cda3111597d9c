import ArgumentParser
import Terminal
import Vocabulary

struct TenantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Create, list, change and query tenants.",
        subcommands: [
            Create.self, List.self, Show.self, Rename.self, Delete.self, Undelete.self, Token.self, Query.self,
            Shell.self,
            Move.self, Pin.self, Unpin.self, Isolate.self, SetFields.self, Revoke.self, Export.self, Import.self,
            Stats.self,
        ])
}

/// The key of a tenant as an argument, checked before anything is sent.
struct KeyArgument: ParsableArguments {
    @Argument(
        help: "The tenant's key.", completion: .custom(TenantKeyCompletion.keys), transform: TenantKeyText.check)
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

    /// - Parameter dryRun: the node looks whether it would refuse, and changes nothing.
    static func tenant(_ key: String, dryRun: Bool) -> String {
        RequestPath.build(["v1", "tenants", key], query: [(name: "dry-run", value: dryRun ? "true" : nil)])
    }

    static func all(dryRun: Bool) -> String {
        RequestPath.build(["v1", "tenants"], query: [(name: "dry-run", value: dryRun ? "true" : nil)])
    }
}

/// Labels as arguments.
enum LabelText {
    /// - Throws: `ValidationError` for what is not `name=value`.
    static func read(_ texts: [String]) throws -> [String: JSONValue] {
        var labels: [String: JSONValue] = [:]
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw ValidationError("--label takes NAME=VALUE, not \(text)")
            }
            labels[parts[0]] = .string(parts[1])
        }
        return labels
    }
}

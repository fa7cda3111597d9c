import ArgumentParser
import Terminal

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Make, show and change users, and which tenants they may use.",
        discussion: "A user is named by its email or its id.",
        subcommands: [
            Create.self, List.self, Show.self, Set.self, Disable.self, Enable.self, Delete.self, Export.self,
            Member.self,
        ])
}

/// Which user.
struct UserArgument: ParsableArguments {
    @Argument(help: "The user's email or id.") var user: String

    /// Its id, asked for where it is named by its email.
    func id(_ client: RemoteClient) async throws(CommandFailure) -> String {
        guard user.contains("@") else { return user }
        let path = RequestPath.build(["v1", "users"], query: [(name: "email", value: user)])
        let page = try await client.call(.get, path)
        guard let id = page["items"]?.array?.first?["id"]?.string else {
            throw CommandFailure(.notFound, "no user has the email \(TerminalText.visible(user))")
        }
        return id
    }
}

enum UserPath {
    static func user(_ id: String, _ rest: String..., dryRun: Bool = false) -> String {
        RequestPath.build(["v1", "users", id] + rest, query: [(name: "dry-run", value: dryRun ? "true" : nil)])
    }
}

enum MemberRoleName: String, ExpressibleByArgument, CaseIterable {
    case ro, rw, admin
}

extension UserCommand {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a user.")

        @Argument(help: "The email; no other user's.") var email: String
        @OptionGroup var secret: PasswordOption
        @Option(help: "A tenant that it may use.") var tenant: String?
        @Option(help: "What it may do there (default: rw).") var role: MemberRoleName?
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard role == nil || tenant != nil else { throw ValidationError("--role is one in a --tenant") }
        }

        func run() async throws {
            let client = try remote.client()
            var body: [String: JSONValue] = ["email": .string(email)]
            if let password = try secret.read() { body["password"] = .string(password) }
            if let tenant { body["tenant"] = .string(tenant) }
            if let role { body["role"] = .string(role.rawValue) }
            let path = RequestPath.build(
                ["v1", "users"], query: [(name: "dry-run", value: change.dryRun ? "true" : nil)])
            let answer = try await client.call(.post, path, body: .object(body))
            guard !change.dryRun else {
                return remote.rehearsed("create", "user \(email)", ["email": .string(email)])
            }
            remote.show(answer, as: .users)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List users.")

        @Option(help: "Only members of this tenant.") var tenant: String?
        @Option(help: "Only users in this state: active or disabled.") var state: String?
        @Option(help: "How many at most; 0 for all.") var limit = 100
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard limit >= 0 else { throw ValidationError("--limit takes 0 or more") }
        }

        func run() async throws {
            let query = [(name: "tenant", value: tenant), (name: "state", value: state)]
            try await Pages(path: ["v1", "users"], query: query, limit: limit).show(remote, as: .users)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a user with its memberships.")

        @OptionGroup var user: UserArgument
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            remote.show(try await client.call(.get, UserPath.user(try await user.id(client))), as: .users)
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print all that is held about a user, as JSON; what its tenants hold is theirs.")

        @OptionGroup var user: UserArgument
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            let export = try await client.call(.get, UserPath.user(try await user.id(client), "export"))
            Console.write(export.text(pretty: true) + "\n")
        }
    }
}

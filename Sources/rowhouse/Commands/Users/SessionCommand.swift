import ArgumentParser
import Terminal

struct SessionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "session", abstract: "Begin, list and end users' sessions.",
        subcommands: [Create.self, List.self, Revoke.self])
}

extension SessionCommand {
    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin a session for a user and print its token, this once.",
            discussion: """
                With an admin token no password is asked for; with --password it is the user's that is tried, as an application \
                would.
                """)

        @OptionGroup var user: UserArgument
        @Flag(help: "Sign in with the password: asked for on the terminal, or the first line of standard input.")
        var password = false
        @Option(help: "The one tenant that it is for (default: all of the user's).") var tenant: String?
        @Option(help: "What it may do at most.") var role: MemberRoleName?
        @Option(help: "What people know the device by.") var device: String?
        @Option(help: ArgumentHelp("How long it lives, such as 24h.", valueName: "span")) var expiresIn: String?
        @Flag(help: "Use does not put its end off.") var fixed = false
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard !password || user.user.contains("@") else {
                throw ValidationError("--password goes with the user's email")
            }
        }

        func run() async throws {
            let client = try remote.client()
            if change.dryRun {
                _ = try await client.call(.get, UserPath.user(try await user.id(client)))
                return remote.rehearsed("begin", "a session of \(user.user)", ["user": .string(user.user)])
            }
            var body: [String: JSONValue] = [:]
            if password {
                body["email"] = .string(user.user)
                body["password"] = .string(try SecretInput.password("Password: ", again: false))
            } else {
                body["user"] = .string(try await user.id(client))
            }
            if let tenant { body["tenant"] = .string(tenant) }
            if let role { body["role"] = .string(role.rawValue) }
            if let device { body["device"] = .string(device) }
            if let expiresIn { body["expiresIn"] = .string(expiresIn) }
            if fixed { body["sliding"] = .bool(false) }
            let answer = try await client.call(.post, RequestPath.build(["v1", "sessions"]), body: .object(body))
            remote.show(answer, as: .sessions)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a user's sessions, also those that ended a short while ago.")

        @OptionGroup var user: UserArgument
        @Option(help: "How many at most; 0 for all.") var limit = 100
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard limit >= 0 else { throw ValidationError("--limit takes 0 or more") }
        }

        func run() async throws {
            let id = try await user.id(try remote.client())
            try await Pages(path: ["v1", "users", id, "sessions"], limit: limit).show(remote, as: .sessions)
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a session by its id, or all of a user's.",
            discussion: "The node that is asked refuses it at once, the others within sessions.revocation-bound.")

        @Argument(help: "The session's id.") var session: String?
        @Option(help: "All sessions of the user with this email or id.") var user: String?
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard (session == nil) != (user == nil) else {
                throw ValidationError("name one session by its id, or --user for all of a user's")
            }
        }

        func run() async throws {
            let client = try remote.client()
            if let session { return try await end(session, client) }
            var argument = UserArgument()
            argument.user = user ?? ""
            let path = UserPath.user(try await argument.id(client), "sessions", dryRun: change.dryRun)
            let answer = try await client.call(.delete, path)
            if change.dryRun {
                return remote.rehearsed("end", "all sessions of \(argument.user)", ["ended": answer["ended"] ?? .null])
            }
            if remote.json { return Console.write(answer.text(pretty: true) + "\n") }
            Console.write("ended \(answer["ended"]?.integer ?? 0) sessions\n")
        }

        private func end(_ session: String, _ client: RemoteClient) async throws {
            let query = [(name: "dry-run", value: change.dryRun ? Optional("true") : nil)]
            let answer = try await client.call(
                .delete, RequestPath.build(["v1", "sessions", session], query: query))
            if change.dryRun {
                return remote.rehearsed("end", "session \(session)", ["session": .string(session)])
            }
            if remote.json { return Console.write(answer.text(pretty: true) + "\n") }
            Console.write("ended session \(TerminalText.visible(session))\n")
        }
    }
}

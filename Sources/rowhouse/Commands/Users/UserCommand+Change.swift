import ArgumentParser
import Terminal

extension UserCommand {
    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Give a user another email or password.")

        @OptionGroup var user: UserArgument
        @Option(help: "The new email; the old one is free from then on.") var email: String?
        @OptionGroup var secret: PasswordOption
        @Flag(help: "Take its password away.") var noPassword = false
        @Flag(help: "Leave its sessions as they are; else another password ends them.") var keepSessions = false
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard !(secret.password && noPassword) else {
                throw ValidationError("--password and --no-password do not go together")
            }
            guard email != nil || secret.password || noPassword else {
                throw ValidationError("say what is to change: --email, --password or --no-password")
            }
        }

        func run() async throws {
            let client = try remote.client()
            var body: [String: JSONValue] = [:]
            if let email { body["email"] = .string(email) }
            if let password = try secret.read() { body["password"] = .string(password) }
            if noPassword { body["password"] = .null }
            if keepSessions { body["endSessions"] = .bool(false) }
            let path = UserPath.user(try await user.id(client), dryRun: change.dryRun)
            let answer = try await client.call(.patch, path, body: .object(body))
            guard !change.dryRun else {
                return remote.rehearsed("change", "user \(user.user)", ["user": .string(user.user)])
            }
            remote.show(answer, as: .users)
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep a user out and end its sessions; its email stays taken.")

        @OptionGroup var user: UserArgument
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws { try await UserCommand.turn(user, to: "disabled", "disable", change, remote) }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let a disabled user in again.")

        @OptionGroup var user: UserArgument
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws { try await UserCommand.turn(user, to: "active", "enable", change, remote) }
    }

    private static func turn(
        _ user: UserArgument, to state: String, _ verb: String, _ change: DryRunOption, _ remote: RemoteOptions
    ) async throws {
        let client = try remote.client()
        let path = UserPath.user(try await user.id(client), dryRun: change.dryRun)
        let answer = try await client.call(.patch, path, body: .object(["state": .string(state)]))
        guard !change.dryRun else {
            return remote.rehearsed(verb, "user \(user.user)", ["user": .string(user.user)])
        }
        remote.show(answer, as: .users)
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a user with all that is held about it; its email is free from then on.")

        @OptionGroup var user: UserArgument
        @Flag(help: "Yes, for good: nothing is done without it.") var yes = false
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func validate() throws {
            guard yes || change.dryRun else {
                throw ValidationError("nothing brings a deleted user back; add --yes if that is meant")
            }
        }

        func run() async throws {
            let client = try remote.client()
            let id = try await user.id(client)
            let answer = try await client.call(.delete, UserPath.user(id, dryRun: change.dryRun))
            guard !change.dryRun else {
                return remote.rehearsed("delete", "user \(user.user)", ["user": .string(id)])
            }
            if remote.json { return Console.write(answer.text(pretty: true) + "\n") }
            Console.write("deleted user \(TerminalText.visible(user.user))\n")
        }
    }

    struct Member: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say which tenants a user may use, and as what.", subcommands: [Put.self, Remove.self])
    }
}

extension UserCommand.Member {
    struct Put: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Let a user use a tenant, or give it another role there.")

        @OptionGroup var user: UserArgument
        @Argument(help: "The tenant's key.") var tenant: String
        @Argument(help: "ro, rw or admin.") var role: MemberRoleName
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            let path = UserPath.user(try await user.id(client), "memberships", tenant, dryRun: change.dryRun)
            let answer = try await client.call(.put, path, body: .object(["role": .string(role.rawValue)]))
            guard !change.dryRun else {
                return remote.rehearsed(
                    "make", "\(user.user) \(role.rawValue) of \(tenant)",
                    ["user": .string(user.user), "tenant": .string(tenant), "role": .string(role.rawValue)])
            }
            remote.show(answer, as: .memberships)
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Take a tenant from a user.")

        @OptionGroup var user: UserArgument
        @Argument(help: "The tenant's key.") var tenant: String
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            let path = UserPath.user(try await user.id(client), "memberships", tenant, dryRun: change.dryRun)
            let answer = try await client.call(.delete, path)
            guard !change.dryRun else {
                return remote.rehearsed(
                    "remove", "\(user.user) from \(tenant)",
                    ["user": .string(user.user), "tenant": .string(tenant)])
            }
            if remote.json { return Console.write(answer.text(pretty: true) + "\n") }
            Console.write(TerminalText.visible("removed \(user.user) from \(tenant)") + "\n")
        }
    }
}

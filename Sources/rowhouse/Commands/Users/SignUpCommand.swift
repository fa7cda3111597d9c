import ArgumentParser
import Foundation
import Terminal

struct SignUpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signup", abstract: "Make a user, its tenant, and a session, all at once.",
        discussion: """
            All of it or nothing, whatever dies in between. Without --key one is made up for this call, so that it may be \
            repeated by hand with the key that a failure names.
            """)

    @Argument(help: "The email; no other user's.") var email: String
    @Argument(help: "The tenant's key.") var tenant: String
    @OptionGroup var secret: PasswordOption
    @Option(help: "Schema of the tenant (default: the first whose match fits the key, else default).")
    var schema: String?
    @Option(help: "What people know the device by.") var device: String?
    @Option(help: "Idempotency-Key: the same call under the same key finishes what was begun.") var key: String?
    @OptionGroup var change: DryRunOption
    @OptionGroup var remote: RemoteOptions

    func run() async throws {
        let client = try remote.client()
        if change.dryRun { return try await rehearse(client) }
        var body: [String: JSONValue] = ["email": .string(email)]
        if let password = try secret.read() { body["password"] = .string(password) }
        var wanted: [String: JSONValue] = ["key": .string(tenant)]
        if let schema { wanted["schema"] = .string(schema) }
        body["tenant"] = .object(wanted)
        if let device { body["device"] = .string(device) }
        let key = key ?? UUID().uuidString
        do throws(CommandFailure) {
            let answer = try await client.call(
                .post, RequestPath.build(["v1", "signups"]), body: .object(body), idempotencyKey: key)
            if remote.json { return Console.write(answer.text(pretty: true) + "\n") }
            Console.write(Listing.users.details(answer["user"] ?? .null))
            Console.write("\n" + Listing.tenants.details(answer["tenant"] ?? .null))
            Console.write("\n" + Listing.sessions.details(answer["session"] ?? .null))
        } catch {
            if error.status == .failed || error.status == .unreachable {
                Console.complain("rowhouse: repeat it with --key \(key)")
            }
            throw error
        }
    }

    /// What can be known without taking anything.
    private func rehearse(_ client: RemoteClient) async throws {
        let dry = [(name: "dry-run", value: Optional("true"))]
        _ = try await client.call(
            .post, RequestPath.build(["v1", "users"], query: dry), body: .object(["email": .string(email)]))
        _ = try await client.call(
            .post, RequestPath.build(["v1", "tenants"], query: dry), body: .object(["key": .string(tenant)]))
        remote.rehearsed(
            "sign up", "\(email) with tenant \(tenant)", ["email": .string(email), "tenant": .string(tenant)])
    }
}

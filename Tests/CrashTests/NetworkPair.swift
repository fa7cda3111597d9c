import Foundation
import Processes

/// Node n1, and node n2 in a network of its own, with a line between n2 and the catalog that can be cut: n1 has it, or a
/// PostgreSQL beside n1.
final class NetworkPair {
    enum Catalog: String, CaseIterable { case remote, postgres }

    let network: NetworkNamespace
    let nodes: [ServerProcess]
    private let postgres: PostgresServer?
    private let key: String

    /// Nodes that others reach want credentials.
    private static let token = "rh_admin_" + (UUID().uuidString + UUID().uuidString).prefix(43)

    init(_ catalog: Catalog, _ settings: [String] = []) throws {
        network = try NetworkNamespace()
        key = NSTemporaryDirectory() + "rowhouse-key-" + UUID().uuidString
        _ = FileManager.default.createFile(
            atPath: key, contents: Data((UUID().uuidString + UUID().uuidString).utf8),
            attributes: [.posixPermissions: 0o600])
        var common = ["cluster.key-file=\(key)", "node.advertise={url}", try Self.credentials()] + settings
        var place = ServerProcess.Place()
        place.listen = "0.0.0.0"
        place.advertised = network.outside
        if catalog == .postgres {
            let server = try PostgresServer(["listen_addresses = '*'"])
            try server.admit("10.64.0.0/10")
            common.append("catalog={postgres: \"\(server.connection(at: network.outside))\"}")
            postgres = server
        } else {
            postgres = nil
        }
        let first = try ServerProcess(Self.arguments(common + ["node.id=n1"]), at: place)
        if catalog == .remote { common.append("catalog={remote: \"\(first.url)\"}") }
        let second = try ServerProcess(Self.arguments(common + ["node.id=n2"]), at: network.inside)
        nodes = [first, second]
        // Each learns the other's address within a second.
        usleep(1_500_000)
    }

    deinit { try? FileManager.default.removeItem(atPath: key) }

    private static func arguments(_ settings: [String]) -> [String] { settings.flatMap { ["--set", $0] } }

    private static func credentials() throws -> String {
        let sum = try Command.run("sh", ["-c", "printf %s '\(token)' | sha256sum"]).output.prefix(64)
        return "access.admin-tokens=[{name: test, sha256: \(sum), scopes: [admin]}]"
    }

    func send(
        _ method: String, _ path: String, _ body: String? = nil, at node: Int, key: String? = nil,
        claim: String? = nil
    ) throws -> Wire.Answer {
        var headers = ["Authorization": "Bearer \(Self.token)"]
        headers["Idempotency-Key"] = key
        headers["Rowhouse-Claim"] = claim
        let server = nodes[node]
        return try Wire(host: server.host, port: server.port).send(method, path, body, headers: headers)
    }

    /// Cuts the line some time from now and heals it again; call the result to wait until it is healed.
    func cut(after microseconds: useconds_t, for duration: useconds_t) -> () throws -> Void {
        let done = DispatchGroup()
        let failure = FirstError()
        done.enter()
        Thread { [network] in
            usleep(microseconds)
            do {
                try network.cut()
                usleep(duration)
                try network.heal()
            } catch {
                failure.note(error)
            }
            done.leave()
        }.start()
        return {
            done.wait()
            try failure.rethrow()
        }
    }

    private final class FirstError: @unchecked Sendable {
        // @unchecked: written before the group is left, read after.
        private var error: (any Error)?
        func note(_ error: any Error) { self.error = error }
        func rethrow() throws { if let error { throw error } }
    }
}

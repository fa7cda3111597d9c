import Foundation
import Seams

/// PostgreSQL under its own load generator, `pgbench`, with prepared statements over TCP.
package final class PostgresLoad: Contender {
    package let name: String
    private let server: PostgresServer
    private let clients: Int
    private let threads: Int
    private let script: String
    private let folder: String
    private let device: UsageMeter

    /// Of the transactions one in so many is logged with its time: logging all would slow the generator down.
    private static let sampling = 20

    /// - Parameter folder: for the script and the logs; must exist.
    package init(
        _ server: PostgresServer, _ workload: Workload, clients: Int, threads: Int, folder: String
    ) throws(BenchmarkError) {
        name = "PostgreSQL \(server.tools.version), \(clients) clients"
        self.server = server
        self.clients = clients
        self.threads = max(1, min(threads, clients))
        self.folder = folder
        script = "\(folder)/\(workload.rawValue).pgbench"
        device = UsageMeter(directory: server.folder)
        do {
            try Self.text(workload, server).write(toFile: script, atomically: false, encoding: .utf8)
        } catch {
            throw .storage("\(error)")
        }
    }

    private static func text(_ workload: Workload, _ server: PostgresServer) -> String {
        switch workload {
        case .writes:
            """
            \\set tenant random(1, \(server.tenants))
            INSERT INTO entries (tenant, name, body) VALUES (:tenant, '\(WorkTable.name)', '\(WorkTable.body)');

            """
        case .reads:
            """
            \\set id random(1, \(server.rows))
            SELECT name, body FROM entries WHERE id = :id;

            """
        }
    }

    package func run(nanoseconds: UInt64, until stop: StopFlag) throws(BenchmarkError) -> Measurement {
        // It counts whole seconds.
        let seconds = max(1, Int((Double(nanoseconds) / 1e9).rounded()))
        let before = ProcessMeter.cpuOfFamily(server.process)
        let ours = device.read()
        let output = try Command.require([
            server.tools.folder + "/pgbench", "-n", "-M", "prepared", "-c", String(clients), "-j", String(threads),
            "-T",
            String(seconds), "-f", script, "-h", "127.0.0.1", "-p", String(server.port), "-U", "postgres", "-l",
            "--sampling-rate=\(1 / Double(Self.sampling))", "--log-prefix=\(folder)/pgbench", "postgres",
        ])
        guard var result = PgbenchOutput.parse(output) else {
            throw .child("pgbench says what it never said before:\n\(output.suffix(1_000))")
        }
        result.usage.device = device.read().since(ours).device
        if let after = ProcessMeter.cpuOfFamily(server.process), let before { result.usage.cpu = after &- before }
        try readLogs(into: &result)
        return result
    }

    private func readLogs(into result: inout Measurement) throws(BenchmarkError) {
        do {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) where name.hasPrefix("pgbench.") {
                let path = "\(folder)/\(name)"
                let text = try String(contentsOfFile: path, encoding: .utf8)
                for time in PgbenchOutput.times(text) { result.latencies.record(time) }
                try FileManager.default.removeItem(atPath: path)
            }
        } catch {
            throw .storage("\(error)")
        }
    }
}

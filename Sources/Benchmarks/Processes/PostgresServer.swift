import Foundation
import Glibc

/// A throwaway PostgreSQL with one table that all tenants share, as an application without a database for each has it.
/// Settings as installed: durable at each commit.
package final class PostgresServer: Sendable {
    let tools: PostgresTools
    let folder: String
    let port: Int
    let rows: Int
    let tenants: Int
    private let child: ChildProcess

    /// Starts it, makes the table and its rows. Blocks.
    ///
    /// - Parameters:
    ///   - folder: empty or missing; all folders above it may be entered by everybody.
    ///   - core: where it has to stay.
    package init(
        _ tools: PostgresTools, folder: String, tenants: Int, core: Int?, until stop: StopFlag
    ) throws(BenchmarkError) {
        self.tools = tools
        self.folder = folder
        self.tenants = tenants
        rows = tenants * WorkTable.rows
        let port = try FreePort.find()
        self.port = port
        try Self.makeFolder(folder, for: tools)
        let data = folder + "/data"
        _ = try Command.require(tools.command("initdb", ["-D", data, "-A", "trust", "-U", "postgres", "--no-sync"]))
        let settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=\(folder)", "max_connections=1100"]
        let words = tools.command("postgres", ["-D", data, "-p", String(port)] + settings.flatMap { ["-c", $0] })
        let child = try ChildProcess(words, log: folder + ".log", core: core)
        self.child = child
        do throws(BenchmarkError) {
            try child.wait(until: stop) { () throws(BenchmarkError) in
                try Command.run(self.psql(["-c", "SELECT 1"])).status == 0 ? () : nil
            }
            try fill()
        } catch {
            self.stop()
            throw error
        }
    }

    /// For libpq.
    package var connection: String { "host=127.0.0.1 port=\(port) user=postgres dbname=postgres" }

    /// The server; its children do the work.
    var process: Int32 { child.processIdentifier }

    /// Blocks; harmless if it has stopped. What it holds is thrown away.
    package func stop() { child.stop(SIGQUIT) }

    private func psql(_ arguments: [String]) -> [String] {
        let connection = ["-h", "127.0.0.1", "-p", String(port), "-U", "postgres"]
        return ["\(tools.folder)/psql"] + connection + ["-q", "-v", "ON_ERROR_STOP=1"] + arguments
    }

    private func fill() throws(BenchmarkError) {
        let script = """
            CREATE TABLE entries (
                id bigserial PRIMARY KEY, tenant integer NOT NULL, name text NOT NULL, body text NOT NULL);
            INSERT INTO entries (tenant, name, body)
                SELECT n % \(tenants), '\(WorkTable.name)', '\(WorkTable.body)' FROM generate_series(1, \(rows)) AS n;
            VACUUM ANALYZE entries;
            CHECKPOINT;
            """
        // One -c for each: VACUUM refuses to share a transaction with others.
        let statements = script.split(separator: ";").filter { $0.contains { !$0.isWhitespace } }
        _ = try Command.require(psql(statements.flatMap { ["-c", String($0)] }))
    }

    private static func makeFolder(_ folder: String, for tools: PostgresTools) throws(BenchmarkError) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            guard !tools.asUser.isEmpty else { return }
            try FileManager.default.setAttributes([.ownerAccountName: "postgres"], ofItemAtPath: folder)
        } catch {
            throw .storage("\(error)")
        }
    }
}

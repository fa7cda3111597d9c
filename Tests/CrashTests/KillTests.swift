import Foundation
import Processes
import Testing

/// Real processes under load from many connections, killed at random: every acknowledged commit is there afterwards,
/// nothing is half-applied.
@Suite(.serialized) struct KillTests {
    @Test func `kill -9 under load loses no acknowledged commit`() throws {
        let seconds = Double(ProcessInfo.processInfo.environment["ROWHOUSE_CRASH_SECONDS"] ?? "") ?? 12
        let server = try ServerProcess(["--set", "limits.open-tenants=40", "--set", "journal.segment=4MiB"])
        let ledger = Ledger(tenants: 60)
        try ledger.createTenants(port: server.port)
        let end = Date().addingTimeInterval(seconds)
        var kills = 0
        while Date() < end || kills < 3 {
            let load = Load(ledger: ledger, port: server.port, connections: 16, seed: UInt64(kills + 1))
            load.start()
            usleep(UInt32.random(in: 200_000...1_200_000))
            server.kill()
            load.join()
            kills += 1
            try server.start()
            try ledger.check(port: server.port)
        }
        #expect(ledger.acknowledged > 0)
        #expect(server.stop() == 0)
        try ledger.checkFiles(directory: server.directory)
    }
}

import Foundation
import Processes
import Simulator
import Testing

/// Real processes under load from many connections, killed at random: every acknowledged commit is there afterwards,
/// nothing is half-applied, and what anybody was shown stays.
@Suite(.serialized) struct KillTests {
    static let seconds = Double(ProcessInfo.processInfo.environment["ROWHOUSE_CRASH_SECONDS"] ?? "") ?? 8

    @Test func `kill -9 under load loses nothing that anybody was told of`() throws {
        let house = try CrashHouse()
        let (ledger, register) = (Ledger(tenants: 200), Register())
        let end = Date().addingTimeInterval(Self.seconds)
        let random = SeededRandom(seed: UInt64.random(in: 0...UInt64.max))
        var kills = 0
        while Date() < end || kills < 3 {
            // The power goes at the end of every third round, a kill leaves what the kernel has.
            ledger.createTenants(house)
            let load = Load(ledger, register, port: house.server.port, seed: random.next())
            load.start(writers: 16)
            usleep(UInt32(200_000 + random.below(1_000_000)))
            if house.server.environment.isEmpty { house.server.kill() }
            load.join()
            house.server.kill()
            kills += 1
            let wrong = try house.restartAndCheck(ledger, register)
            try #require(wrong == [], "\(house.server.logText)")
            try house.prepare(powerCutAt: kills % 3 == 2 ? 20 + random.below(600) : nil)
        }
        #expect(ledger.commits > 0 && ledger.reads > 0 && register.events > 0 && ledger.compactions > 0)
        let wrong = try house.stopAndCheck()
        #expect(wrong == [])
        print(
            "kills \(kills), commits \(ledger.commits), in doubt \(ledger.doubts), reads \(ledger.reads),",
            "comings and goings \(register.events), compactions \(ledger.compactions)")
    }
}

extension CrashHouse {
    /// - Returns: what is wrong with what the next process finds.
    ///
    /// - Parameter breach: broken by that process, too: there are rules of recovery.
    func restartAndCheck(_ ledger: Ledger, _ register: Register, breaking breach: Breach? = nil) throws -> [String] {
        failAt(nil, breaking: breach)
        try server.start()
        return try ledger.check(port: server.port) + register.check(port: server.port)
    }

    /// Stops in order and looks at the files.
    func stopAndCheck() throws -> [String] {
        var wrong = try stopAndLook()
        // Files that nothing names are moved aside after a start, some folders every 100 ms.
        for _ in 0..<5 where wrong.contains(where: { $0.hasSuffix(StoppedNode.nameless) }) {
            try server.start()
            usleep(1_500_000)
            wrong = try stopAndLook()
        }
        return wrong
    }

    private func stopAndLook() throws -> [String] {
        let code = server.stop()
        return try (code == 0 ? [] : ["it ended with \(code)"]) + StoppedNode(directory: server.directory).check()
    }

    /// Starts anew where the next end is to be a power cut.
    func prepare(powerCutAt sync: Int?) throws {
        guard let sync else { return }
        server.stop()
        failAt("journal-sync:\(sync):lose")
        try server.start()
    }
}

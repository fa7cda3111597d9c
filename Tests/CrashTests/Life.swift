import Foundation
import Processes
import Simulator

/// A short life of a node with everything in it: tenants come into being, are written, copied into their files and deleted;
/// then it is stopped in order. At some call of the disk it dies, or it does not come so far.
struct Life {
    /// What the node begins with.
    enum Beginning: String, CaseIterable, Sendable {
        /// An empty folder.
        case nothing
        /// What a killed process left: there is something to recover.
        case killed
    }

    struct Outcome: Sendable {
        /// The failpoint was met.
        let isMet: Bool
        let wrong: [String]
        let commits: Int
        let log: String

        /// What is wrong, with the life's log once.
        func texts(_ name: String) -> [String] {
            wrong.isEmpty ? [] : ["\(name): \(wrong.joined(separator: "; "))\n\(log)"]
        }
    }

    let beginning: Beginning
    let seed: UInt64
    /// Of its process, to go wrong faster.
    var breaking: Breach?

    /// - Returns: what came of it, after a restart without a failpoint.
    func run(_ failpoint: String) throws -> Outcome {
        let house = try CrashHouse(start: false)
        let (ledger, register) = (Ledger(tenants: 9), Register())
        if beginning == .killed {
            try house.server.start()
            try work(house, ledger, register, seed: seed, rounds: 1)
            house.server.kill()
            try? FileManager.default.removeItem(atPath: house.server.log)
        }
        house.failAt(failpoint, breaking: breaking)
        if try house.server.startOrEnd() { try work(house, ledger, register, seed: seed ^ 1, rounds: 2) }
        house.server.stop()
        let log = house.server.logText
        let wrong = look(house, ledger, register)
        return Outcome(
            isMet: CrashHouse.hasMetFailpoint(log), wrong: wrong,
            commits: ledger.commits,
            log: wrong.isEmpty ? log : house.server.logText)
    }

    /// - Returns: what is wrong after a restart.
    private func look(_ house: CrashHouse, _ ledger: Ledger, _ register: Register) -> [String] {
        do {
            let wrong = try house.restartAndCheck(ledger, register, breaking: breaking)
            return try wrong.isEmpty ? house.stopAndCheck() : wrong
        } catch {
            return ["\(error)"]
        }
    }

    private func work(_ house: CrashHouse, _ ledger: Ledger, _ register: Register, seed: UInt64, rounds: Int) throws {
        ledger.createTenants(house)
        for round in 0..<rounds {
            let load = Load(ledger, register, port: house.server.port, seed: seed &+ UInt64(round) << 8)
            load.start(writers: 3, transactions: breaking?.transactions ?? 12, readers: 1)
            load.join()
            guard house.server.isRunning else { return }
            // Idle for long enough to be checkpointed and witnessed.
            usleep(450_000)
        }
    }
}

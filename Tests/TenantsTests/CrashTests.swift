import Foundation
import Simulator
import Testing

@testable import Tenants

/// Power cuts at random calls of the disk, with everything unsynced dropped, kept, mixed or torn, several in a row.
@Suite(.serialized) struct CrashTests {
    /// Seconds to go on with seeds of the day; 0 for the fixed ones only.
    static let sweep = ProcessInfo.processInfo.environment["ROWHOUSE_SWEEP"].flatMap(Double.init) ?? 0

    @Test(arguments: 0..<8)
    func `everything that anybody was told of is there after power cuts`(seed: Int) async {
        let wrong = await CrashSimulation(seed: UInt64(seed)).run(rounds: 3)
        #expect(wrong == [], "\(wrong)")
    }

    @Test(.enabled(if: sweep > 0)) func `the same for as long as one likes`() async {
        let end = Date().addingTimeInterval(Self.sweep)
        var seed = UInt64(Date().timeIntervalSince1970)
        while Date() < end {
            let simulation = CrashSimulation(seed: seed)
            simulation.steps = 200
            let wrong = await simulation.run(rounds: 6)
            #expect(wrong == [], "seed \(seed)")
            if !wrong.isEmpty { return }
            seed += 1
        }
    }
}

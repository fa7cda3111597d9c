import Seams
import Tenants

/// The engine in process, with a fixed number of works in flight: as soon as one is answered the next is sent to a tenant
/// chosen at random. The driver is one thread, as an event loop would be.
package final class EngineLoad: Contender {
    package let name: String
    private let stage: EngineStage
    private let workload: Workload
    private let inFlight: Int
    private let time = SystemTime()
    private var dice = Dice(seed: 1)

    /// The driver looks up from its waiting this often.
    private static let glance: UInt64 = 50_000_000
    /// How long works that were sent may take to come back after the end.
    private static let patience: UInt64 = 60_000_000_000

    package init(_ stage: EngineStage, _ workload: Workload, inFlight: Int) {
        name = "rowhouse, \(inFlight) in flight"
        self.stage = stage
        self.workload = workload
        self.inFlight = inFlight
    }

    package func run(nanoseconds: UInt64, until stop: StopFlag) throws(BenchmarkError) -> Measurement {
        let returned = ReturnedWorks()
        var result = Measurement()
        let before = Reading(stage)
        let start = time.monotonic()
        let end = start.advanced(byNanoseconds: nanoseconds)
        for _ in 0..<inFlight { send(StatementWork(workload, returned)) }
        var taken: [StatementWork] = []
        var now = start
        while now < end, !stop.isSet {
            returned.take(into: &taken, waitingAtMost: Self.glance)
            for work in taken {
                count(work, in: &result)
                send(work)
            }
            taken.removeAll(keepingCapacity: true)
            now = time.monotonic()
        }
        result.nanoseconds = now.nanoseconds(since: start)
        Reading(stage).store(since: before, in: &result)
        try collect(returned)
        try stage.check()
        return result
    }

    /// Lets the checkpointer copy what was committed, which it does when nothing else happens.
    package func rest(until stop: StopFlag) { stage.awaitRest(until: stop) }

    private func send(_ work: StatementWork) {
        let tenant = stage.tenants[dice.next(below: stage.tenants.count)]
        work.begin(key: Int64(1 + dice.next(below: WorkTable.rows)))
        stage.engine.submit(work, to: tenant)
    }

    private func count(_ work: StatementWork, in result: inout Measurement) {
        if let failure = work.failure { return result.noteFailure(failure) }
        result.operations += 1
        result.latencies.record(work.ended.nanoseconds(since: work.started))
    }

    /// Waits for what is still out, uncounted, so that the next contender has the machine for itself.
    private func collect(_ returned: ReturnedWorks) throws(BenchmarkError) {
        let limit = time.monotonic().advanced(byNanoseconds: Self.patience)
        var back = 0
        var taken: [StatementWork] = []
        while back < inFlight {
            returned.take(into: &taken, waitingAtMost: Self.glance)
            back += taken.count
            taken.removeAll(keepingCapacity: true)
            if time.monotonic() >= limit { throw .engine("\(inFlight - back) works did not come back in a minute") }
        }
    }

    /// Meters at one moment; on the driver's thread.
    private struct Reading {
        let usage: Usage
        let generator: UInt64
        let syncs: Int
        let logBytes: Int64

        init(_ stage: EngineStage) {
            usage = stage.usage.read()
            generator = UsageMeter.threadCPU()
            syncs = stage.log.syncs
            logBytes = stage.log.bytes
        }

        func store(since before: Reading, in result: inout Measurement) {
            result.usage = usage.since(before.usage)
            result.generatorCPU = generator - before.generator
            result.syncs = syncs - before.syncs
            result.logBytes = logBytes - before.logBytes
        }
    }
}

/// What a contender did in one round, or in all of them: counts that add up.
package struct Measurement: Sendable {
    package var operations = 0
    /// Operations that failed, by what was said; they are in no other count.
    package var failures: [String: Int] = [:]
    package var nanoseconds: UInt64 = 0
    package var latencies = Latencies()
    /// Where a peer tells its mean and nothing finer.
    package var meanLatency: UInt64?
    package var usage = Usage()
    /// Bytes that reached the device after the round until it was at rest: checkpoints and what the kernel held back.
    package var deviceLater: Int64?
    /// CPU nanoseconds of the load generator's own threads. Inside `usage` where both share a process.
    package var generatorCPU: UInt64?
    /// Syncs of the log that commits wait for.
    package var syncs: Int?
    /// Bytes written to that log.
    package var logBytes: Int64?

    /// Kinds of failure kept apart; the rest is counted together.
    private static let failureKinds = 16

    package init() {}

    package mutating func noteFailure(_ text: String, times: Int = 1) {
        let isKnown = failures[text] != nil || failures.count < Self.failureKinds
        failures[isKnown ? text : "others", default: 0] += times
    }

    package mutating func add(_ other: Measurement) {
        operations += other.operations
        for (text, times) in other.failures { noteFailure(text, times: times) }
        nanoseconds += other.nanoseconds
        latencies.add(other.latencies)
        meanLatency = Self.larger(meanLatency, other.meanLatency)
        usage.add(other.usage)
        deviceLater = Self.sum(deviceLater, other.deviceLater)
        generatorCPU = Self.sum(generatorCPU, other.generatorCPU)
        syncs = Self.sum(syncs, other.syncs)
        logBytes = Self.sum(logBytes, other.logBytes)
    }

    private static func larger(_ a: UInt64?, _ b: UInt64?) -> UInt64? {
        guard let a else { return b }
        return b.map { max(a, $0) } ?? a
    }

    static func sum<Number: AdditiveArithmetic>(_ a: Number?, _ b: Number?) -> Number? {
        guard let a else { return b }
        return b.map { a + $0 } ?? a
    }
}

// MARK: - What it amounts to

extension Measurement {
    package var failureCount: Int { failures.values.reduce(0, +) }
    package var seconds: Double { Double(nanoseconds) / 1e9 }
    /// Operations a second; 0 where nothing was measured.
    package var rate: Double { nanoseconds > 0 ? Double(operations) / seconds : 0 }
    package var cpuMicroseconds: Double? { each(usage.cpu.map { Double($0) / 1e3 }) }
    package var generatorMicroseconds: Double? { each(generatorCPU.map { Double($0) / 1e3 }) }
    package var deviceBytes: Double? { each(usage.device.map(Double.init)) }
    package var deviceBytesLater: Double? { each(deviceLater.map(Double.init)) }
    package var logBytesEach: Double? { each(logBytes.map(Double.init)) }
    package var syncRate: Double? { nanoseconds > 0 ? syncs.map { Double($0) / seconds } : nil }
    /// Operations that one sync made durable.
    package var operationsPerSync: Double? { syncs.flatMap { $0 > 0 ? Double(operations) / Double($0) : nil } }

    private func each(_ total: Double?) -> Double? {
        operations > 0 ? total.map { $0 / Double(operations) } : nil
    }
}

import Benchmarks
import Terminal

extension BenchReport {
    /// Exact values; every name carries its unit.
    var json: JSONValue {
        .object([
            "machine": .object([
                "cores": .integer(Int64(machine.cores)), "processor": .string(machine.processor),
                "kernel": .string(machine.kernel), "memoryBytes": .integer(machine.memory),
                "fileSystem": .string(machine.fileSystem), "loadBefore": .number(machine.load),
                "syncMicrosecondsP50": .number(Double(machine.sync.p50) / 1e3),
                "syncMicrosecondsP99": .number(Double(machine.sync.p99) / 1e3),
            ]),
            "settings": .object(
                Dictionary(settings.map { ($0.name, JSONValue.integer(Int64($0.value))) }) { $1 }
                    .merging(["seconds": .number(seconds)]) { $1 }),
            "remarks": .array(remarks.map { .string($0) }),
            "workloads": .array(comparisons.map(Self.object)),
        ])
    }

    private static func object(_ comparison: Comparison) -> JSONValue {
        .object([
            "workload": .string(comparison.workload.rawValue),
            "contenders": .array(comparison.lines.map(object)),
        ])
    }

    private static func object(_ line: Comparison.Line) -> JSONValue {
        let measured = line.measurement
        var members: [String: JSONValue] = [
            "name": .string(line.name), "operations": .integer(Int64(measured.operations)),
            "seconds": .number(measured.seconds), "operationsPerSecond": .number(measured.rate),
            "failed": .object(measured.failures.mapValues { .integer(Int64($0)) }),
        ]
        let optional: [(String, Double?)] = [
            ("ratio", line.ratio), ("cpuMicrosecondsEach", measured.cpuMicroseconds),
            ("generatorCPUMicrosecondsEach", measured.generatorMicroseconds),
            ("logBytesEach", measured.logBytesEach), ("deviceBytesEach", measured.deviceBytes),
            ("deviceBytesLaterEach", measured.deviceBytesLater), ("syncsPerSecond", measured.syncRate),
            ("operationsPerSync", measured.operationsPerSync),
            ("meanLatencyMicroseconds", measured.meanLatency.map { Double($0) / 1e3 }),
        ]
        for (name, value) in optional { members[name] = value.map { .number($0) } ?? .null }
        if let latency = measured.latencies.summary {
            members["latencyMicroseconds"] = .object([
                "p50": .number(Double(latency.p50) / 1e3), "p99": .number(Double(latency.p99) / 1e3),
                "p999": .number(Double(latency.p999) / 1e3), "longest": .number(Double(latency.longest) / 1e3),
                "mean": .number(Double(latency.mean) / 1e3),
            ])
        }
        return .object(members)
    }
}

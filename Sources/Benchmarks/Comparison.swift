/// Contenders on one workload, ours first.
package struct Comparison: Sendable {
    package struct Line: Sendable {
        package let name: String
        package let measurement: Measurement
        /// Our operations a second divided by this contender's; nil for ourselves and where it did nothing.
        package let ratio: Double?
    }

    package let workload: Workload
    package let lines: [Line]

    init(workload: Workload, contenders: [(name: String, measurement: Measurement)]) {
        self.workload = workload
        let ours = contenders.first?.measurement.rate ?? 0
        lines = contenders.enumerated().map { index, contender in
            let theirs = contender.measurement.rate
            return Line(
                name: contender.name, measurement: contender.measurement,
                ratio: index > 0 && theirs > 0 ? ours / theirs : nil)
        }
    }
}

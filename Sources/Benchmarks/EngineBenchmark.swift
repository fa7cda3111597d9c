/// `rowhouse bench engine`: the engine in process beside plain SQLite, on one disk, in one run.
package struct EngineBenchmark: Sendable {
    package var stage: EngineStage.Options
    package var workloads = Workload.allCases
    package var rounds: Rounds
    package var inFlight = 64
    /// Threads of plain SQLite; 0 leaves the peers out.
    package var peerThreads = 16
    /// Folder for everything, empty.
    package var directory: String

    package init(directory: String, rounds: Rounds) {
        self.directory = directory
        self.rounds = rounds
        stage = EngineStage.Options(directory: directory + "/engine")
    }

    /// Runs it. The folder's content is the caller's to remove.
    ///
    /// - Parameter note: what is being done, and how much of it is done, 0 to 1.
    /// - Throws: `.interrupted`, or why nothing can be measured.
    package func run(
        until stop: StopFlag, note: @escaping @Sendable (String, Double) -> Void
    ) async throws(BenchmarkError) -> [Comparison] {
        let count = stage.tenants
        let engine = try await EngineStage.prepare(stage, until: stop) { done in
            note("creating tenants", Double(done) / Double(count))
        }
        let benchmark = self
        return try await Blocking.run { () throws(BenchmarkError) in
            defer { engine.end() }
            let handles = Descriptors.peerHandles(Descriptors.raise())
            var comparisons: [Comparison] = []
            for workload in benchmark.workloads {
                comparisons.append(try benchmark.compare(workload, engine, handles, stop, note))
            }
            return comparisons
        }
    }

    private func compare(
        _ workload: Workload, _ engine: EngineStage, _ handles: Int, _ stop: StopFlag,
        _ note: (String, Double) -> Void
    ) throws(BenchmarkError) -> Comparison {
        var contenders: [any Contender] = [EngineLoad(engine, workload, inFlight: inFlight)]
        if peerThreads > 0 {
            for mode in workload == .writes ? [SQLitePeer.Synchronous.full, .off] : [.full] {
                note("\(workload.rawValue): making the files of plain SQLite", 0)
                let files = try PeerFiles.prepare(
                    "\(directory)/\(workload.rawValue)-\(mode.rawValue.lowercased())", count: stage.tenants, until: stop
                )
                contenders.append(SQLitePeer(files, workload, mode, threads: peerThreads, handles: handles))
            }
        }
        let sums = try rounds.run(
            contenders, in: directory, until: stop, note: { text, done in note("\(workload.rawValue): \(text)", done) })
        return Comparison(workload: workload, contenders: zip(contenders, sums).map { ($0.name, $1) })
    }
}

/// The lanes of a node: a fixed number, sharing a bounded number of spare threads. Its threads live until
/// `shutdown`, which its owner must call.
package final class LaneGroup: Sendable {
    /// Nanoseconds that an idle spare thread stays: starting one costs some 50 µs, keeping one costs memory.
    package static let spareIdleTime: UInt64 = 10_000_000_000

    package let lanes: [Lane]
    private let crew: LaneCrew

    /// Starts one thread for each lane.
    ///
    /// - Parameters:
    ///   - queueBound: units that may wait on one lane.
    ///   - spareThreads: units that may be aside at once, over all lanes.
    ///   - spareIdleTime: nanoseconds.
    ///   - name: of the threads, followed by their lane's number; 15 bytes are shown.
    ///   - batchEnded: called on a lane's thread after at most `Lane.batchSize` units or when nothing is left to do, within
    ///     `Lane.stepAside` before the lane is given up, and after a unit that had stepped aside. It may run on several
    ///     threads at once; `Lane.threadValue` is its state.
    /// - Throws: `LaneError.noThread`; lanes that were started have then been ended again.
    package init(
        count: Int, queueBound: Int, spareThreads: Int = 16, spareIdleTime: UInt64 = spareIdleTime,
        name: String = "lane", batchEnded: @escaping @Sendable () -> Void = {}
    ) throws(LaneError) {
        precondition(count > 0 && spareThreads >= 0)
        let crew = LaneCrew(name: name, maximum: count + spareThreads, idleNanoseconds: spareIdleTime)
        let lanes = (0..<count).map {
            Lane(index: $0, queueBound: queueBound, crew: crew, batchEnded: batchEnded)
        }
        self.crew = crew
        self.lanes = lanes
        do throws(LaneError) {
            for lane in lanes { try crew.open(lane) }
        } catch {
            shutdown()
            throw error
        }
    }

    /// Threads that live now, spares included.
    package var threadCount: Int { crew.threadCount }

    /// Refuses new units, runs everything that was taken, and blocks until all threads have ended. Repeating it is
    /// harmless. Not from a lane: it would wait for itself.
    ///
    /// Tasks and actors on the lanes must have ended before, or must end by jobs that are queued by now.
    package func shutdown() {
        precondition(!Lane.isOnLane, "a lane cannot wait for its own end")
        for lane in lanes { lane.close() }
        crew.shutdown()
    }
}

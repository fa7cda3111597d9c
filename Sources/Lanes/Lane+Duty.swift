extension Lane {
    /// The lane whose duty the calling thread has; nil elsewhere, and nil for a unit that stepped aside.
    package static var current: Lane? { LaneThread.current?.lane }

    /// True on a thread of a lane, on duty or aside.
    package static var isOnLane: Bool { LaneThread.current != nil }

    /// One value per lane thread, kept until the thread ends; nil elsewhere, where setting it does nothing.
    ///
    /// Meant for the answers that units leave for the `batchEnded` hook: units and hook on one thread see one value, and no
    /// other thread does, aside or not, so it needs no lock.
    package static var threadValue: AnyObject? {
        get { LaneThread.current?.value }
        set { LaneThread.current?.value = newValue }
    }

    /// Called from within a unit that turns out to be slow: another thread takes the lane over, this one keeps its unit.
    ///
    /// `batchEnded` is called first, on this thread, so that the answers of units before this one do not wait for it. From
    /// then on the unit runs beside the lane's others: whatever it shares with them must be guarded by its owner. When it
    /// returns, `batchEnded` is called on its thread for its own answer, and the thread becomes a spare.
    ///
    /// - Returns: true if the lane has another thread now, or had got one by an earlier call in this unit. False, with
    ///   nothing changed, where no spare thread is to be had, in an executor job (an actor must not be joined by others), and
    ///   off the lanes.
    package static func stepAside() -> Bool {
        guard let thread = LaneThread.current else { return false }
        if thread.isAside { return true }
        guard let lane = thread.lane, thread.isRunningUnit, lane.crew.mayHaveSpare else { return false }
        lane.batchEnded()
        thread.lane = nil
        thread.isAside = true
        // From here on the batch belongs to the other thread.
        if lane.crew.assign(lane) { return true }
        thread.isAside = false
        thread.lane = lane
        return false
    }

    /// Works the queue off on the calling thread, until the lane has ended or a unit has stepped aside and returned.
    ///
    /// - Returns: true if the lane has ended.
    func serve(on thread: LaneThread) -> Bool {
        thread.lane = self
        // The batch first: the thread before may have stepped aside in the middle of it.
        repeat {
            while let item = batch.popFirst() {
                run(item, on: thread)
                if thread.isAside {
                    batchEnded()
                    thread.isAside = false
                    return false
                }
            }
            batchEnded()
        } while takeBatch()
        thread.lane = nil
        return true
    }

    private func run(_ item: LaneQueue.Item, on thread: LaneThread) {
        switch item {
        case .unit(let unit):
            thread.isRunningUnit = true
            unit.run()
            thread.isRunningUnit = false
        case .job(let job):
            job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
        }
    }
}

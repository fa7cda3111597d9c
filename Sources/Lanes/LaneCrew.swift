/// The threads of a group of lanes: one on duty for each lane, and a bounded number of spares.
///
/// A spare is made when a unit steps aside and none is idle; a thread whose unit had stepped aside becomes idle when the
/// unit returns; an idle thread ends after a while. So a group that has no slow units has no spare threads.
final class LaneCrew: @unchecked Sendable {
    // Unchecked: everything that changes is guarded by `gate`.

    private let name: String
    private let maximum: Int
    /// How long an idle spare stays.
    private let idleNanoseconds: UInt64
    private let gate = Gate()
    /// Lanes that an idle thread is about to take; never more than there are idle threads.
    private var waitingLanes: [Lane] = []
    private var idle = 0
    private var alive = 0
    private var lanesServed = 0
    private var isClosing = false
    /// Every thread that has been started and not been joined, by the number of its start.
    private var threads: [Int: PosixThread] = [:]
    private var ended: [Int] = []
    private var started = 0

    init(name: String, maximum: Int, idleNanoseconds: UInt64) {
        self.name = name
        self.maximum = maximum
        self.idleNanoseconds = idleNanoseconds
    }

    /// Threads that live now, on duty, aside or idle.
    var threadCount: Int { gate.withLock { alive } }

    var mayHaveSpare: Bool { gate.withLock { idle > waitingLanes.count || alive < maximum } }

    /// Has a thread other than the caller's serve the lane.
    ///
    /// - Returns: false if all threads are taken or the system gives no more.
    func assign(_ lane: Lane) -> Bool {
        gate.lock()
        if idle > waitingLanes.count {
            waitingLanes.append(lane)
            gate.unlock()
            // Not `signal`: it could wake whoever waits in `shutdown` instead of a spare.
            gate.broadcast()
            return true
        }
        guard alive < maximum else {
            gate.unlock()
            return false
        }
        alive += 1
        gate.unlock()
        return start(serving: lane) == nil
    }

    /// Gives a lane its first thread.
    ///
    /// - Throws: `LaneError.noThread`.
    func open(_ lane: Lane) throws(LaneError) {
        gate.withLock {
            alive += 1
            lanesServed += 1
        }
        if let error = start(serving: lane) {
            gate.withLock { lanesServed -= 1 }
            throw error
        }
    }

    /// Blocks until every lane has ended and every thread is joined. The lanes were closed before.
    func shutdown() {
        gate.lock()
        gate.wait(while: { lanesServed > 0 })
        isClosing = true
        gate.broadcast()
        gate.wait(while: { alive > 0 })
        let last = Array(threads.values)
        threads = [:]
        ended = []
        gate.unlock()
        for thread in last { thread.join() }
    }

    /// Starts a thread whose place in `alive` has been taken already, and gives the place back if that fails.
    private func start(serving lane: Lane) -> LaneError? {
        let number = gate.withLock {
            started += 1
            return started
        }
        joinEnded()
        // The thread registers its end under its number, so its handle must be in the table first.
        gate.lock()
        defer { gate.unlock() }
        do throws(LaneError) {
            threads[number] = try PosixThread.start(name: threadName(for: lane)) { [self] in
                LaneThread.live(in: self, number: number, serving: lane)
            }
            return nil
        } catch {
            alive -= 1
            return error
        }
    }

    private func joinEnded() {
        let threads = gate.withLock {
            let gone = ended.compactMap { self.threads.removeValue(forKey: $0) }
            ended = []
            return gone
        }
        for thread in threads { thread.join() }
    }

    /// Blocks the calling thread until a lane needs it.
    ///
    /// - Returns: nil when the thread has been idle for long or the group shuts down; it must then end.
    func nextLane(for number: Int) -> Lane? {
        gate.lock()
        defer { gate.unlock() }
        idle += 1
        _ = gate.wait(atMost: idleNanoseconds, while: { waitingLanes.isEmpty && !isClosing })
        idle -= 1
        if !waitingLanes.isEmpty { return waitingLanes.removeFirst() }
        alive -= 1
        ended.append(number)
        gate.broadcast()
        return nil
    }

    func laneEnded() {
        gate.withLock { lanesServed -= 1 }
        gate.broadcast()
    }

    func threadName(for lane: Lane) -> String { "\(name)-\(lane.index)" }
}

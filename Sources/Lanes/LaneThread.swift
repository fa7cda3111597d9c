import Glibc

/// What one lane thread knows about itself. Read and written by that thread only.
final class LaneThread: @unchecked Sendable {
    // Unchecked: confined to its thread, which is the only one to reach it (through the thread-local slot).

    /// The lane that this thread serves; nil while it is aside or idle.
    var lane: Lane?
    /// True from stepping aside until the unit returns.
    var isAside = false
    /// True while a unit runs; false in Swift's executor jobs, which must keep the lane to themselves.
    var isRunningUnit = false
    var value: AnyObject?

    static var current: LaneThread? {
        guard let pointer = pthread_getspecific(slot) else { return nil }
        return Unmanaged<LaneThread>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// The life of a lane thread: serve, and be a spare in between.
    static func live(in crew: LaneCrew, number: Int, serving first: Lane) {
        let thread = LaneThread()
        thread.occupyThread {
            var next: Lane? = first
            while let lane = next {
                PosixThread.nameCurrent(crew.threadName(for: lane))
                if lane.serve(on: thread) { crew.laneEnded() }
                next = crew.nextLane(for: number)
            }
        }
    }

    /// Makes `self` the current thread's for as long as the body runs.
    private func occupyThread(_ body: () -> Void) {
        pthread_setspecific(Self.slot, Unmanaged.passUnretained(self).toOpaque())
        body()
        pthread_setspecific(Self.slot, nil)
        value = nil
    }

    private static let slot: pthread_key_t = {
        var key = pthread_key_t()
        let code = pthread_key_create(&key, nil)
        precondition(code == 0, "no thread-local slot is left (\(code))")
        return key
    }()
}

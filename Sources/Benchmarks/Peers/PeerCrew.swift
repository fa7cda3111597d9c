import Lanes
import Seams

/// The meeting point of a peer's threads: they open their files, begin together, and close nothing before the meters have
/// been read.
final class PeerCrew: @unchecked Sendable {
    // @unchecked: guarded by the gate.
    private let gate = Gate()
    private let size: Int
    private var ready = 0
    private var done = 0
    private var deadline: Instant?
    private var isDismissed = false
    private var total = Measurement()
    private var error: BenchmarkError?

    init(_ size: Int) { self.size = size }

    /// The body of a thread.
    func work(_ share: PeerShare, until stop: StopFlag) {
        var handles = PeerHandles(bound: share.handles)
        do throws(BenchmarkError) {
            // Opening is no part of what is measured, as the engine's tenants are open after the warm-up.
            for number in 0..<min(share.count, share.handles) {
                _ = try handles.find(share.file(number), open: share.open)
            }
            guard let end = awaitBegin() else { return }
            let result = try run(share, &handles, end, stop)
            gate.withLock { total.add(result) }
        } catch {
            gate.withLock {
                self.error = self.error ?? error
                // One that failed before the beginning must not be waited for.
                ready += 1
            }
        }
        awaitDismissal()
    }

    private func run(
        _ share: PeerShare, _ handles: inout PeerHandles, _ end: Instant, _ stop: StopFlag
    ) throws(BenchmarkError) -> Measurement {
        let time = SystemTime()
        var result = Measurement()
        var dice = Dice(seed: UInt64(share.index + 1) &* 0x9E37_79B9)
        var now = time.monotonic()
        while now < end, !stop.isSet {
            let connection = try handles.find(share.file(dice.next(below: share.count)), open: share.open)
            let failure = connection.run(key: Int64(1 + dice.next(below: WorkTable.rows)))
            let after = time.monotonic()
            if let failure {
                result.noteFailure(failure)
            } else {
                result.operations += 1
                result.latencies.record(after.nanoseconds(since: now))
            }
            now = after
        }
        return result
    }

    // MARK: On a thread of the crew

    /// - Returns: when to stop; nil where the run was given up.
    private func awaitBegin() -> Instant? {
        gate.withLock {
            ready += 1
            gate.broadcast()
            gate.wait(while: { deadline == nil && !isDismissed })
            return isDismissed ? nil : deadline
        }
    }

    private func awaitDismissal() {
        gate.withLock {
            done += 1
            gate.broadcast()
            gate.wait(while: { !isDismissed })
        }
    }

    // MARK: On the thread that measures

    /// Returns when every thread has opened its files, or has failed.
    func awaitReady() { gate.withLock { gate.wait(while: { ready < size }) } }

    func begin(until end: Instant) {
        gate.withLock { deadline = end }
        gate.broadcast()
    }

    /// Returns when no thread works any more; all still hold their files open.
    func awaitDone() { gate.withLock { gate.wait(while: { done < size }) } }

    /// Lets the threads close their files and end.
    func dismiss() {
        gate.withLock { isDismissed = true }
        gate.broadcast()
    }

    func sum() throws(BenchmarkError) -> Measurement {
        gate.lock()
        defer { gate.unlock() }
        if let error { throw error }
        return total
    }
}

extension PeerShare {
    func open(_ file: Int) throws(BenchmarkError) -> PeerConnection {
        try PeerConnection(files.path(file), workload, synchronous)
    }
}

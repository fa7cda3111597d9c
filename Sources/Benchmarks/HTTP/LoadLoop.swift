import NIOCore
import Seams

/// What the connections of one event loop share: choices, counts, and whether to go on.
final class LoadLoop: @unchecked Sendable {
    // @unchecked: touched on its event loop only.
    private let shape: RequestShape
    private let time = SystemTime()
    private var dice: Dice
    private(set) var isRunning = false
    private(set) var result = Measurement()

    init(_ shape: RequestShape, seed: UInt64) {
        self.shape = shape
        dice = Dice(seed: seed)
    }

    func begin() {
        isRunning = true
        result = Measurement()
    }

    func end() { isRunning = false }

    var now: Instant { time.monotonic() }

    /// Writes a request to a tenant chosen at random.
    func write(into buffer: inout ByteBuffer) {
        buffer.writeBytes(shape.heads[dice.next(below: shape.heads.count)])
        buffer.writeBytes(shape.bodies[dice.next(below: shape.bodies.count)])
    }

    func count(_ failure: String?, sent: Instant) {
        guard isRunning else { return }
        if let failure { return result.noteFailure(failure) }
        result.operations += 1
        result.latencies.record(now.nanoseconds(since: sent))
    }

    /// A connection that ended, or said what no HTTP server says: its request failed.
    func noteBroken(_ reason: String) {
        if isRunning { result.noteFailure(reason) }
    }
}

import NIOCore
import NIOHTTP1
import Seams
import Vocabulary

/// What the door keeps for each event loop: its connections, the requests that became complete in this tick, and the
/// mailbox for answers.
// Unchecked: everything here but the mailbox is touched on `eventLoop` only.
final class DoorLoop: @unchecked Sendable {
    let eventLoop: any EventLoop
    let counters = DoorCounters()
    let shared: DoorShared
    var ids: RequestNumbers
    private(set) var mailbox: AnswerMailbox!
    /// Time as the sweeps count it: good enough for deadlines, and free. It stands still while there is nothing to
    /// sweep, and a sweep that comes late counts no more than twice its period: that this loop was held up is no
    /// client's fault.
    private(set) var roughNow: NIODeadline
    private var sweptAt: NIODeadline
    /// When the first of the requests that now wait for their hand-over was complete.
    private var tickedAt: NIODeadline?
    /// When the answers began to be written that are being written now.
    private(set) var turn: NIODeadline
    private var ready: [DoorRequest] = []
    private var handing: [DoorRequest] = []
    private var deliveries: [Delivery] = []
    private var unflushed: [any DoorMember] = []
    private var flushing: [any DoorMember] = []
    private var connections: [ObjectIdentifier: any DoorMember] = [:]
    private var isHandOverDue = false
    private var isQuiescing = false
    private var drained: [EventLoopPromise<Void>] = []
    private var sweeper: RepeatedTask?

    init(eventLoop: any EventLoop, shared: DoorShared) {
        self.eventLoop = eventLoop
        ids = RequestNumbers(shared.random)
        self.shared = shared
        roughNow = eventLoop.now
        turn = roughNow
        sweptAt = roughNow
        let limits = shared.limits
        let bounds = StreamBounds(high: limits.streamHigh, low: limits.streamLow, most: limits.streamMost)
        mailbox = AnswerMailbox(eventLoop: eventLoop, streamBounds: bounds, lines: shared.lines) { [weak self] in
            self?.deliver()
        }
    }
}

// MARK: requests in, answers out

extension DoorLoop {
    /// Takes a complete request. Those of one tick go to the service together: after the loop has read every socket
    /// that was readable, which is when it runs what was scheduled meanwhile.
    func enqueue(_ request: DoorRequest) {
        ready.append(request)
        guard !isHandOverDue else { return }
        isHandOverDue = true
        eventLoop.execute { [self] in handOver() }
    }

    private func handOver() {
        isHandOverDue = false
        tickedAt = nil
        swap(&ready, &handing)
        // What the service answers at once needs no wake-up.
        mailbox.expectCollection()
        shared.service.handle(batch: handing)
        handing.removeAll(keepingCapacity: true)
        deliver()
    }

    private func deliver() {
        mailbox.collect(into: &deliveries)
        turn = eventLoop.now
        for delivery in deliveries {
            switch delivery {
            case .answer(let request): request.taker?.deliver(request)
            case .stream(let stream):
                if let taker = stream.request.taker {
                    taker.advance(stream)
                } else {
                    stream.clientLeft()
                }
            }
        }
        deliveries.removeAll(keepingCapacity: true)
        // What a flush leads to may be written, and flushed, too.
        while !unflushed.isEmpty {
            swap(&unflushed, &flushing)
            for connection in flushing { connection.flushNow() }
            flushing.removeAll(keepingCapacity: true)
        }
    }

    /// The connection has written something; it is flushed once, when all answers of this wake-up are written.
    func flushLater(_ connection: any DoorMember) { unflushed.append(connection) }

    /// The beginning of an answer is written.
    func note(_ answer: AnswerBytes, to request: DoorRequest) {
        counters.data.note(status: answer.status)
        // How long an upload takes is its client's doing.
        guard request.upload == nil else { return }
        counters.data.durations.note(nanoseconds: UInt64(max(0, (turn - request.arrival).nanoseconds)))
    }

    /// The time of this tick, the same for all requests that are handed over together.
    var tick: NIODeadline {
        if let tickedAt { return tickedAt }
        let now = eventLoop.now
        tickedAt = now
        return now
    }

    /// The event loop's time, exactly.
    var now: NIODeadline { eventLoop.now }
}

// MARK: connections

extension DoorLoop {
    func opened(_ connection: any DoorMember) {
        connections[ObjectIdentifier(connection)] = connection
        counters.add(to: .opened)
        startSweeping()
        if isQuiescing { connection.quiesce() }
    }

    /// The connection goes on as another.
    func replace(_ old: any DoorMember, by new: any DoorMember) {
        connections[ObjectIdentifier(old)] = nil
        connections[ObjectIdentifier(new)] = new
        if isQuiescing { new.quiesce() }
    }

    func closed(_ connection: any DoorMember) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        counters.add(to: .closed)
        guard connections.isEmpty else { return }
        sweeper?.cancel()
        sweeper = nil
        for promise in drained { promise.succeed() }
        drained = []
    }

    /// Every connection finishes what is in flight and ends; later ones end at once. Completes when none is left.
    func quiesce() -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        isQuiescing = true
        let promise = eventLoop.makePromise(of: Void.self)
        if connections.isEmpty { promise.succeed() } else { drained.append(promise) }
        for connection in connections.values { connection.quiesce() }
        return promise.futureResult
    }

    /// Those in the middle of an exchange.
    var busyConnections: Int { connections.values.count { $0.isInExchange } }

    /// Ends every connection without ceremony.
    func cutAll() {
        for connection in connections.values { connection.cut() }
    }

    /// An idle loop sleeps: there is something to sweep only while there are connections.
    private func startSweeping() {
        guard sweeper == nil else { return }
        sweptAt = eventLoop.now
        let period = shared.limits.sweep
        sweeper = eventLoop.scheduleRepeatedTask(initialDelay: period, delay: period) { [weak self] _ in self?.sweep() }
    }

    private func sweep() {
        let now = eventLoop.now
        roughNow = roughNow + min(now - sweptAt, shared.limits.sweep * 2)
        sweptAt = now
        for connection in connections.values { connection.sweep() }
    }
}

/// What all event loops of a door have in common.
struct DoorShared: Sendable {
    let limits: DoorLimits
    let rules: any DoorRules
    let service: any DoorService
    let tail: any DoorTail
    let random: any RandomSource
    /// Of the node, for every answer.
    let lines: HeaderLines
    /// Connections of the node.
    let crowd: NodeBudget
    /// Connections that are being told that they are too many.
    let turnedAway = NodeBudget(256)
    /// Bytes of gathered bodies.
    let bodies: NodeBudget

    init(
        limits: DoorLimits, rules: any DoorRules, service: any DoorService, tail: any DoorTail, lines: HeaderLines,
        random: any RandomSource
    ) {
        self.limits = limits
        self.lines = lines
        self.random = random
        self.rules = rules
        self.service = service
        self.tail = tail
        crowd = NodeBudget(limits.connections)
        bodies = NodeBudget(limits.bodiesInMemory)
    }
}

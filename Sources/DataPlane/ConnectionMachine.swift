import NIOCore

/// What one connection is doing, and what comes of each event. Decides only: ``DoorHandler`` does what it says.
///
/// One exchange at a time, ours or the tail's: the next request begins when the answer before is written. That keeps
/// answers in order whoever makes them, and runs a client's pipelined statements in the order it sent them.
struct ConnectionMachine {
    enum Phase: Equatable {
        /// Between two exchanges.
        case idle
        /// Our request's body is coming in.
        case collecting
        /// Our request is with the service while its body comes in.
        case receiving
        /// A refused request's body is read to its end, then it is answered.
        case discarding(DoorRefusal)
        /// Our request is with the service.
        case waiting
        /// The head of our answer is out, its body not all.
        case streaming
        case tail
        /// The last answer is written, not yet all sent.
        case finishing
        /// Our side is shut; we wait for the client's end.
        case lingering
        case closed
    }

    private(set) var phase = Phase.idle
    /// When the phase, or the progress within it, began.
    private(set) var since: NIODeadline
    /// The connection ends with the current answer.
    private(set) var endsAfterAnswer = false
    /// The current exchange's request has come in whole.
    private(set) var requestComplete = false
    /// The tail has sent the head of its final answer.
    private(set) var tailAnswering = false
    private var tailAnswered = false
    private var isQuiescing = false
    /// When the client sent its end.
    private(set) var departing: NIODeadline?
    private var bodyBytes = 0
    private var bodyLimit = 0
    /// The service has no room for more of an upload.
    private(set) var isHeld = false
    private var windowBytes = 0
    /// The answer came before the end of what it answers.
    private(set) var answersEarly = false
    let limits: DoorLimits

    init(limits: DoorLimits, now: NIODeadline) {
        self.limits = limits
        since = now
    }

    /// Whether the next part of the input, a head or not, can be dealt with now.
    func takes(head: Bool) -> Bool {
        switch phase {
        case .idle: head
        case .collecting, .discarding: !head
        case .receiving: !head && !isHeld
        case .tail: !head && !requestComplete
        case .waiting, .streaming, .finishing, .lingering, .closed: false
        }
    }

    /// Nothing that still comes in will be looked at.
    var ignoresInput: Bool {
        switch phase {
        case .finishing, .lingering, .closed: true
        case .idle, .collecting, .receiving, .discarding, .waiting, .streaming, .tail: false
        }
    }

    /// A request of ours is being received or answered, so that the tail may not close the connection.
    var isOurs: Bool {
        switch phase {
        case .collecting, .receiving, .discarding, .waiting, .streaming, .finishing: true
        case .idle, .tail, .lingering, .closed: false
        }
    }
}

// MARK: a request comes in

extension ConnectionMachine {
    enum Beginning: Equatable {
        case collect(sendContinue: Bool)
        case handOver
        case forward(sendContinue: Bool)
        /// Read on; the answer is due at the request's end.
        case discard
        case refuse(DoorRefusal)
    }

    mutating func begin(_ verdict: DoorVerdict, _ facts: HeadFacts, now: NIODeadline) -> Beginning {
        startExchange(now)
        endsAfterAnswer = !facts.keepAlive || facts.asksUpgrade || isQuiescing
        let sendContinue = facts.expectsContinue && facts.hasBody
        switch verdict {
        case .refuse(let refusal):
            return begin(refusing: refusal, facts)
        case .dataPlane(let limit):
            bodyLimit = limit ?? limits.body
            if (facts.contentLength ?? 0) > bodyLimit { return begin(refusing: .bodyTooLarge, facts) }
            phase = .collecting
            return .collect(sendContinue: sendContinue)
        case .upload(let limit):
            bodyLimit = limit
            if (facts.contentLength ?? 0) > limit { return begin(refusing: .bodyTooLarge, facts) }
            phase = .receiving
            return .handOver
        case .tail:
            bodyLimit = limits.tailBody
            if (facts.contentLength ?? 0) > bodyLimit { return begin(refusing: .bodyTooLarge, facts) }
            phase = .tail
            return .forward(sendContinue: sendContinue)
        }
    }

    /// A request whose end is not certain.
    mutating func beginBroken(_ refusal: DoorRefusal, now: NIODeadline) -> Beginning {
        startExchange(now)
        endsAfterAnswer = true
        phase = .waiting
        return .refuse(refusal)
    }

    private mutating func startExchange(_ now: NIODeadline) {
        since = now
        requestComplete = false
        tailAnswering = false
        tailAnswered = false
        bodyBytes = 0
        windowBytes = 0
        isHeld = false
        answersEarly = false
    }

    private mutating func begin(refusing refusal: DoorRefusal, _ facts: HeadFacts) -> Beginning {
        // A client that waits for 100 Continue may or may not send its body after another answer: no telling where the
        // next request begins.
        if facts.expectsContinue && facts.hasBody || (facts.contentLength ?? 0) > limits.discard {
            endsAfterAnswer = true
            phase = .waiting
            return .refuse(refusal)
        }
        bodyLimit = limits.discard
        phase = .discarding(refusal)
        return .discard
    }

    enum BodyAction: Equatable {
        case keep, forward, drop
        /// To the service, which has the request.
        case deliver
        case refuse(DoorRefusal)
        /// The service has the request, and is to hear no more of it.
        case giveUp(DoorRefusal)
        /// The tail has begun to answer, so nothing else can be said.
        case cut
    }

    mutating func body(_ count: Int, now: NIODeadline) -> BodyAction {
        bodyBytes += count
        let isOver = bodyBytes > bodyLimit
        switch phase {
        case .collecting:
            guard isOver else { return .keep }
            discard(because: .bodyTooLarge)
            return .drop
        case .receiving:
            guard !isOver else { return .giveUp(.bodyTooLarge) }
            windowBytes += count
            if windowBytes >= limits.uploadLeast { beginWindow(now) }
            return .deliver
        case .discarding(let refusal):
            guard isOver else { return .drop }
            endsAfterAnswer = true
            phase = .waiting
            return .refuse(refusal)
        case .tail:
            guard isOver else { return .forward }
            endsAfterAnswer = true
            if tailAnswering { return .cut }
            phase = .waiting
            return .refuse(.bodyTooLarge)
        case .idle, .waiting, .streaming, .finishing, .lingering, .closed:
            return .drop
        }
    }

    /// Gives a request up whose body is still coming in.
    mutating func discard(because refusal: DoorRefusal) {
        bodyLimit = limits.discard
        phase = .discarding(refusal)
    }

    /// The service has room for more of an upload, or has none.
    mutating func hold(_ isHeld: Bool, now: NIODeadline) {
        self.isHeld = isHeld
        beginWindow(now)
    }

    private mutating func beginWindow(_ now: NIODeadline) {
        windowBytes = 0
        since = now
    }

    enum EndAction: Equatable {
        case handOver, forward, ignore
        /// The service has the request already.
        case deliver
        case refuse(DoorRefusal)
    }

    mutating func end(now: NIODeadline) -> EndAction {
        requestComplete = true
        switch phase {
        case .collecting:
            phase = .waiting
            since = now
            return .handOver
        case .receiving:
            phase = .waiting
            since = now
            return .deliver
        case .discarding(let refusal):
            phase = .waiting
            return .refuse(refusal)
        case .tail:
            since = now
            return .forward
        case .idle, .waiting, .streaming, .finishing, .lingering, .closed:
            return .ignore
        }
    }
}

// MARK: an answer goes out

extension ConnectionMachine {
    enum After: Equatable { case next, finish, nothingYet }

    /// An answer is about to be written. One to a request whose body is still coming in is the connection's last.
    mutating func willAnswer() {
        guard phase == .receiving else { return }
        endsAfterAnswer = true
        answersEarly = true
    }

    /// How long the answer may take, from the complete request on.
    var answerTime: TimeAmount { limits.answer + .seconds(Int64(bodyBytes / limits.uploadRate)) }
    var lingerTime: TimeAmount { answersEarly ? limits.uploadLinger : limits.linger }

    mutating func beginStreaming(now: NIODeadline) {
        phase = .streaming
        since = now
    }

    /// The client has sent its end. It may still take answers, or be gone.
    mutating func inputEnded(now: NIODeadline) { departing = departing ?? now }

    mutating func progressed(now: NIODeadline) { since = now }

    /// The whole answer of the current exchange is written.
    mutating func answered(now: NIODeadline) -> After {
        since = now
        phase = endsAfterAnswer ? .finishing : .idle
        return endsAfterAnswer ? .finish : .next
    }

    /// An answer of unknown length to HTTP/1.0, an announced end, and whatever else makes this answer the last.
    mutating func endAfterAnswer() { endsAfterAnswer = true }

    mutating func tailBegan(now: NIODeadline) {
        tailAnswering = true
        since = now
    }

    mutating func tailEnded(now: NIODeadline) -> After {
        tailAnswered = true
        return tailSettled(now: now)
    }

    /// The exchange is over when both the request and the answer are: Hummingbird reads the rest of a body that its
    /// responder left.
    mutating func tailSettled(now: NIODeadline) -> After {
        guard phase == .tail, tailAnswered, requestComplete || endsAfterAnswer else { return .nothingYet }
        return answered(now: now)
    }

    mutating func finish(now: NIODeadline) {
        phase = .finishing
        since = now
    }

    mutating func linger(now: NIODeadline) {
        phase = .lingering
        since = now
    }

    mutating func close() { phase = .closed }

    /// Graceful shutdown.
    /// - Returns: whether the connection has nothing to finish.
    mutating func quiesce() -> Bool {
        isQuiescing = true
        endsAfterAnswer = phase != .idle
        return phase == .idle
    }
}

import Hrana
import NIOCore

/// One client's conversation over a WebSocket: what each message and each answer leads to. Decides only; `HranaSocket` does
/// what it says.
///
/// Each stream is one over HTTP whose client is this node: a request on it is a pipeline of one request with the baton of
/// the answer before, a cursor is a cursor's call. So lanes, deadlines, durability, relaying and moves are as over HTTP.
/// A stream has one such *turn* at a time, streams go side by side.
struct SocketSession {
    enum Program: Equatable {
        case pipeline([StreamRequest])
        case cursor(Batch)
    }

    /// Something to be run for a stream.
    struct Turn: Equatable {
        let id: UInt64
        let baton: String?
        let program: Program
        /// Of what the client has sent, with the stored texts in it.
        var bytes = 0
        /// Asked for by nobody: it only ends what is open.
        var isOurs = false
    }

    enum Action: Equatable {
        /// Find out who this is; `greeted` is to follow.
        case greet(token: String?)
        case helloOK
        case helloError(HranaError)
        case ok(Int32, SocketRequestKind)
        case error(Int32, HranaError)
        case entries(Int32, ByteBuffer, isDone: Bool)
        /// `answered`, `failed` or `cursorData` are to follow, unless it is abandoned.
        case start(Turn)
        case abandon(UInt64)
        /// So many bytes of a cursor's data are done with.
        case consumed(UInt64, Int)
        case close(SocketClose)
    }

    enum Phase: Equatable {
        /// Before the hello.
        case silent
        case greeting
        case ready
        case over
    }

    /// A request that waits for its answer, with its size, which is held until then.
    struct Asked: Equatable {
        let id: Int32
        var bytes: Int
    }

    /// What is next on a stream.
    enum Step {
        case run(Asked, StreamRequest)
        case openCursor(UInt64, Batch)
        /// Ends a statement that a closed cursor has left open.
        case settle
        case close(Asked)
    }

    struct Stream {
        var baton: String?
        var steps: [Step] = []
        var turn: UInt64?
        /// A request on it failed as a whole, and whatever state it had is gone: nothing may run on it as if it were there.
        var isBroken = false
        /// The next step has met a cursor of this stream at work; it comes again when that rests.
        var isHeld = false
    }

    struct Cursor {
        let stream: UInt64
        let opening: Asked
        var turn: UInt64?
        var entries: CursorEntries
        var hasBegun = false
        var isEnded = false
        /// The client has closed it.
        var isClosed = false
        var failure: HranaError?
        var fetches: [(asked: Asked, count: Int)] = []

        /// More of it is to come.
        var isAtWork: Bool { hasBegun && !isEnded }
    }

    /// What a turn is for.
    enum Purpose {
        case request(UInt64, Asked, StreamRequest, closing: Asked?)
        /// - Parameter batch: for as long as it may have to be started again.
        case cursor(UInt64, Batch)
        case settling(UInt64)
        /// Of a stream that is no more; nobody waits for it.
        case closing

        var isOurs: Bool {
            switch self {
            case .request, .cursor: false
            case .settling, .closing: true
            }
        }
    }

    var phase = Phase.silent
    let version: HranaVersion
    let encoding: AnswerEncoding
    let limits: SocketLimits
    var actions: [Action] = []
    var held: [(message: SocketMessage, bytes: Int)] = []
    /// Requests without an answer, and the bytes of their messages.
    var pending = 0
    var pendingBytes = 0
    var isQuiescing = false
    var isWritable = true

    var nextKey: UInt64 = 1
    var streams: [UInt64: Stream] = [:]
    var cursors: [UInt64: Cursor] = [:]
    var turns: [UInt64: Purpose] = [:]
    var streamKeys: [Int32: UInt64] = [:]
    var cursorKeys: [Int32: UInt64] = [:]
    var texts = SocketTexts()
    var refusedStreams: Set<Int32> = []

    init(_ version: HranaVersion, _ encoding: AnswerEncoding, _ limits: SocketLimits) {
        self.version = version
        self.encoding = encoding
        self.limits = limits
    }

    /// What is to be done, in order. Empties the list.
    mutating func takeActions() -> [Action] {
        defer { actions = [] }
        return actions
    }

    var takesInput: Bool {
        !isQuiescing && (phase == .over || pending < limits.pending && pendingBytes < limits.pendingBytes)
    }

    var isBusy: Bool { pending > 0 }

    /// What is held of what the client has sent.
    var heldBytes: Int { pendingBytes + texts.bytes }

    mutating func act(_ action: Action) { actions.append(action) }

    mutating func makeKey() -> UInt64 {
        defer { nextKey += 1 }
        return nextKey
    }
}

// MARK: answers and ends

extension SocketSession {
    mutating func answer(_ asked: Asked, _ kind: SocketRequestKind) {
        act(.ok(asked.id, kind))
        done(asked)
    }

    mutating func fail(_ asked: Asked, _ error: HranaError) {
        act(.error(asked.id, error))
        done(asked)
    }

    mutating func done(_ asked: Asked) {
        pending -= 1
        pendingBytes -= asked.bytes
        settleQuiescence()
    }

    /// The node is shutting down.
    mutating func quiesce() {
        isQuiescing = true
        settleQuiescence()
    }

    mutating func settleQuiescence() {
        if isQuiescing, pending == 0, phase != .greeting { close(.shuttingDown) }
    }

    mutating func close(_ reason: SocketClose) {
        guard phase != .over else { return }
        act(.close(reason))
        end()
    }

    /// Nobody is there any more: what runs is abandoned, what is open is let go.
    mutating func end() {
        guard phase != .over else { return }
        phase = .over
        for (turn, purpose) in turns.sorted(by: { $0.key < $1.key }) {
            switch purpose {
            case .request, .cursor: act(.abandon(turn))
            case .settling, .closing: break
            }
        }
        // Also where a turn is abandoned: one that has not begun leaves the stream as it was.
        for (_, stream) in streams.sorted(by: { $0.key < $1.key }) { letGo(stream) }
        turns = [:]
        streams = [:]
        cursors = [:]
        held = []
        texts = SocketTexts()
    }
}

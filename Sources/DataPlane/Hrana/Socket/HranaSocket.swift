import Access
import Hrana
import NIOCore
import NIOHTTP1
import Seams

/// A client on a WebSocket: does what `SocketSession` says.
final class HranaSocket: SocketGuest, @unchecked Sendable {
    // @unchecked: everything happens on the connection's event loop, from `opened` on.
    private let service: HranaService
    private let handshake: HranaAdmission
    private let address: String
    private let limits: SocketLimits
    private let encoding: AnswerEncoding
    private let version: HranaVersion
    /// Whose streams these are, unknown to everybody else.
    private let principal: UInt64
    /// Of the handshake, for hellos that bring no token.
    private let firstAuthorization: String?
    private var authorization: String?
    private var session: SocketSession
    private var port: (any SocketPort)?
    private var turns: [UInt64: SocketTurn] = [:]
    private var openedAt = NIODeadline.distantFuture
    private var isPerforming = false

    init(
        _ service: HranaService, _ form: SocketHandshake, _ handshake: HranaAdmission, authorization: String?,
        from address: String
    ) {
        self.service = service
        self.handshake = handshake
        self.address = address
        limits = service.settings.socket
        encoding = form.encoding
        version = form.version
        firstAuthorization = authorization
        principal = service.settings.random.next()
        session = SocketSession(form.version, form.encoding, limits)
    }

    // MARK: SocketGuest

    func opened(_ port: any SocketPort) {
        self.port = port
        openedAt = port.now
    }

    func received(_ message: ByteBuffer, isText: Bool) {
        guard isText == (encoding == .json) else { return close(encoding == .json ? .textExpected : .binaryExpected) }
        do throws(HranaDecodingError) {
            session.received(try decode(message), bytes: message.readableBytes)
            perform()
        } catch {
            close(SocketClose(error))
        }
    }

    private func decode(_ message: ByteBuffer) throws(HranaDecodingError) -> SocketMessage {
        let limits = HranaLimits(sqlBytes: service.settings.context.limits.sqlBytes)
        let outcome: Result<SocketMessage, HranaDecodingError> = message.withUnsafeReadableBytes { bytes in
            do throws(HranaDecodingError) {
                return switch encoding {
                case .json: .success(try HranaDecoder(version: version, limits: limits).socketMessage(bytes))
                case .protobuf: .success(try ProtobufDecoder(limits: limits).socketMessage(bytes))
                }
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    var takesInput: Bool { session.takesInput }
    var isBusy: Bool { session.isBusy || session.phase == .greeting }

    func writabilityChanged(_ isWritable: Bool) {
        session.writabilityChanged(isWritable)
        perform()
    }

    func quiesce() {
        session.quiesce()
        perform()
    }

    func sweep(now: NIODeadline) {
        if session.phase == .silent, now - openedAt >= limits.hello {
            return close(SocketClose(1008, "The hello did not come in time"))
        }
        if turns.values.contains(where: { !$0.isCursor && now - $0.startedAt >= limits.answer }) {
            return close(.unanswered)
        }
        session.retryHeld()
        perform()
    }

    func ended() {
        session.end()
        perform()
        port = nil
    }

    private func close(_ reason: SocketClose) {
        session.end()
        perform()
        port?.close(reason)
    }

    // MARK: Actions

    private func perform() {
        guard !isPerforming else { return }
        isPerforming = true
        var closing: SocketClose?
        while case let actions = session.takeActions(), !actions.isEmpty {
            for action in actions { perform(action, &closing) }
        }
        isPerforming = false
        if let closing { return port?.close(closing) ?? () }
        if session.takesInput { port?.inputMayGoOn() }
    }

    private func perform(_ action: SocketSession.Action, _ closing: inout SocketClose?) {
        switch action {
        case .greet(let token): greet(token)
        case .helloOK: send { $0.helloOK() }
        case .helloError(let error): send { $0.helloError(error) }
        case .ok(let id, let kind): send { $0.socketOK(id, kind) }
        case .error(let id, let error): send { $0.socketError(id, error) }
        case .entries(let id, let entries, let isDone): send { $0.socketEntries(id, entries, isDone: isDone) }
        case .start(let turn): start(turn)
        case .abandon(let turn): abandon(turn)
        case .consumed(let turn, let count): turns[turn]?.stream?.written(count)
        case .close(let reason): closing = reason
        }
    }

    private func send(_ write: (inout AnswerWriter) -> Void) {
        var writer = AnswerWriter(encoding, capacity: 256)
        write(&writer)
        port?.send(writer.message(), isText: encoding == .json)
    }

    private func greet(_ token: String?) {
        authorization = token.map { "Bearer " + $0 } ?? firstAuthorization
        do throws(AccessError) {
            let admission = HranaAdmission(.socket, try authenticate(), asIn: handshake)
            ask(
                turn(0, .hello),
                SocketErrand(admission, nil, principal: principal))
        } catch {
            session.greeted(HranaError(error))
        }
    }

    /// For each request anew, from memory: a token that has expired or was revoked is good for nothing from then on.
    private func authenticate() throws(AccessError) -> Credential {
        try service.settings.authenticator.authenticate(authorization: authorization, from: address)
    }

    private func start(_ turn: SocketSession.Turn) {
        let endpoint: HranaEndpoint
        let program: HranaProgram
        let kind: SocketTurn.Kind
        switch turn.program {
        case .pipeline(let requests):
            endpoint = .pipeline(.three, encoding)
            program = .pipeline(PipelineRequest(baton: turn.baton, requests: requests))
            kind = .pipeline(encoding, closes: requests.count > 1)
        case .cursor(let batch):
            endpoint = .cursor(encoding)
            program = .cursor(CursorRequest(baton: turn.baton, batch: batch))
            kind = .cursor(encoding)
        }
        do throws(AccessError) {
            let admission = HranaAdmission(endpoint, try authenticate(), asIn: handshake)
            ask(
                self.turn(turn.id, kind),
                SocketErrand(admission, program, principal: principal))
        } catch {
            session.failed(turn.id, HranaError(error))
        }
    }

    private func turn(_ id: UInt64, _ kind: SocketTurn.Kind) -> SocketTurn {
        SocketTurn(id, kind, of: self, from: address, at: port?.now ?? openedAt)
    }

    private func ask(_ turn: SocketTurn, _ errand: SocketErrand) {
        guard let port else { return }
        turns[turn.id] = turn
        ask(turn, errand, through: port)
    }

    private func ask(_ turn: SocketTurn, _ errand: SocketErrand, through port: any SocketPort) {
        let path = turn.isCursor ? "/v3/cursor" : "/v3/pipeline"
        turn.request = port.ask(
            HTTPRequestHead(version: .http1_1, method: .POST, uri: path), for: errand, answer: turn,
            pausing: StreamBounds(high: limits.cursorHigh, low: limits.cursorLow, most: 32 << 20))
    }

    private func abandon(_ id: UInt64) {
        guard let turn = turns.removeValue(forKey: id), let request = turn.request, let port else { return }
        turn.leave(SocketExecutor(port: port) { [self] port, baton in letGo(baton, through: port) })
        port.abandon(request, turn.stream)
    }

    /// Closes a stream that only its baton names.
    private func letGo(_ baton: String, through port: any SocketPort) {
        guard let credential = try? authenticate() else { return }
        let program = HranaProgram.pipeline(PipelineRequest(baton: baton, requests: [.close]))
        let admission = HranaAdmission(.pipeline(.three, encoding), credential, asIn: handshake)
        ask(
            turn(0, .pipeline(encoding, closes: false)), SocketErrand(admission, program, principal: principal),
            through: port)
    }

    // MARK: Answers

    func note(_ answer: AnswerBytes, _ request: DoorRequest) { port?.note(answer, to: request) }

    /// The whole answer is here.
    func finished(_ turn: SocketTurn, _ answer: AnswerBytes, _ body: ByteBuffer, _ request: DoorRequest) {
        guard turns.removeValue(forKey: turn.id) != nil else { return }
        note(answer, request)
        let error = answer.status < 300 ? nil : body.withUnsafeReadableBytes { HranaError(answer: $0) }
        switch turn.kind {
        case .hello: session.greeted(error)
        case .cursor:
            if let error { session.failed(turn.id, error) } else { session.cursorData(turn.id, body, isEnd: true) }
        case .pipeline(_, let closes):
            if let error { session.failed(turn.id, error) } else { passOn(turn.id, body, closes) }
        }
        perform()
    }

    private func passOn(_ turn: UInt64, _ body: ByteBuffer, _ closes: Bool) {
        body.withUnsafeReadableBytes { bytes in
            let answer = encoding == .json ? PipelineAnswer.json(bytes, closes: closes) : PipelineAnswer.protobuf(bytes)
            guard let answer else { return session.failed(turn, .answerUnreadable) }
            guard let asked = session.answered(turn, baton: answer.baton) else { return }
            let content = UnsafeRawBufferPointer(rebasing: bytes[answer.content])
            send { $0.socketAnswer(asked.id, asked.kind, content, isError: answer.isError) }
        }
    }

    /// More of a cursor's answer.
    func advanced(_ turn: SocketTurn, _ bytes: ByteBuffer, isEnd: Bool) {
        guard turns[turn.id] != nil else { return }
        if isEnd { turns[turn.id] = nil }
        session.cursorData(turn.id, bytes, isEnd: isEnd)
        perform()
    }

    /// The answer broke off.
    func lost(_ turn: SocketTurn) {
        guard turns.removeValue(forKey: turn.id) != nil else { return }
        session.failed(turn.id, .answerUnreadable)
        perform()
    }

    func tooMuch(_ turn: SocketTurn) {
        abandon(turn.id)
        session.failed(turn.id, .responseTooLarge)
        perform()
    }
}

extension SocketClose {
    init(_ error: HranaDecodingError) {
        let code: UInt16 =
            switch error {
            case .message(.notInThisVersion, _): 1008
            case .limit: 1009
            case .json, .protobuf, .message: 1007
            }
        self.init(code, error.message)
    }
}

extension HranaError {
    /// With the codes that clients of the protocol know.
    init(_ error: AccessError) {
        let code =
            switch error {
            case .tokenInvalid: "AUTH_JWT_INVALID"
            case .tokenExpired: "AUTH_JWT_EXPIRED"
            case .tokenMissing: "AUTH_HEADER_NOT_FOUND"
            default: error.code.uppercased()
            }
        self.init(error.description, code: code)
    }

    /// The body of an answer that failed as a whole, in any of its forms.
    init(answer bytes: UnsafeRawBufferPointer) {
        if let error = HranaDecoder.error(bytes) {
            self = error
        } else if bytes.elementsEqual(TransportError.batonUsed.message.utf8) {
            self = .batonUsed
        } else if bytes.starts(with: "The baton".utf8) {
            self.init(
                "The stream was ended meanwhile, and what was not committed was rolled back",
                code: HranaErrorCode.streamExpired)
        } else {
            self.init(String(decoding: bytes.prefix(512), as: UTF8.self), code: "BAD_REQUEST")
        }
    }
}

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
    let encoding: AnswerEncoding
    private let version: HranaVersion
    /// Whose streams these are, unknown to everybody else.
    private let principal: UInt64
    private let place: SocketPlace
    /// Of the handshake, for hellos that bring no token.
    private let firstAuthorization: String?
    private var authorization: String?
    /// Of the hello that is being answered, and of the last that was good. What is ours to end is ended as that one's,
    /// also when it has expired or was revoked meanwhile.
    var offered: Credential?
    var credential: Credential?
    var session: SocketSession
    var port: (any SocketPort)?
    var turns: [UInt64: SocketTurn] = [:]
    private var openedAt = NIODeadline.distantFuture
    /// Since when cursors go on although the session must be read again.
    private var unreadSince: NIODeadline?
    private var isPerforming = false
    private var lastOwnTurn = UInt64.max

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
        place = SocketPlace(in: service.sockets)
        session = SocketSession(form.version, form.encoding, limits)
    }

    // MARK: SocketGuest

    func opened(_ port: any SocketPort) {
        self.port = port
        openedAt = port.now
    }

    func received(_ message: ByteBuffer, isText: Bool) {
        guard isText == (encoding == .json) else { return close(encoding == .json ? .textExpected : .binaryExpected) }
        guard session.pending < limits.pending * limits.flood else { return close(.flood) }
        guard port?.hold(session.heldBytes + message.readableBytes) ?? false else { return close(.overloaded) }
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

    /// Before its hello is there, nobody knows who a client is.
    var messageBytes: Int { session.phase == .silent ? limits.helloBytes : limits.messageBytes }

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
        if session.hasCursorsAtWork { askForCursors(at: now) }
        session.retryHeld()
        perform()
    }

    /// A cursor may be read for long: not longer than its client may read at all.
    private func askForCursors(at now: NIODeadline) {
        do throws(AccessError) {
            _ = try authenticate()
            unreadSince = nil
        } catch {
            guard error == .sessionUnread else { return session.endCursors(HranaError(error)) }
            // That it must be read again is no refusal, for as long as the catalog's silence is borne; the next look knows more.
            let since = unreadSince ?? now
            unreadSince = since
            let patience = TimeAmount.nanoseconds(
                Int64(clamping: service.settings.authenticator.sessionPatience))
            if now - since > max(patience, limits.unread) { return session.endCursors(HranaError(.catalogUnavailable)) }
            service.refresh(unread(from: nil))
        }
    }

    func ended() {
        place.leave()
        session.end()
        perform()
        if let request = turns.removeValue(forKey: Self.helloTurn)?.request { port?.abandon(request, nil) }
        port = nil
    }

    private func close(_ reason: SocketClose) {
        session.end()
        perform()
        port?.close(reason)
    }

    // MARK: Actions

    func perform() {
        guard !isPerforming else { return }
        isPerforming = true
        var closing: SocketClose?
        while case let actions = session.takeActions(), !actions.isEmpty {
            for action in actions { perform(action, &closing) }
        }
        isPerforming = false
        if let closing { return port?.close(closing) ?? () }
        // An end needs no room, and is not to lead here again.
        guard session.phase != .over else { return }
        guard port?.hold(session.heldBytes) ?? true else { return close(.overloaded) }
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

    func send(_ write: (inout AnswerWriter) -> Void) {
        var writer = AnswerWriter(encoding, capacity: 256)
        write(&writer)
        port?.send(writer.message(), isText: encoding == .json)
    }

    private func greet(_ token: String?) {
        authorization = token.map { "Bearer " + $0 } ?? firstAuthorization
        do throws(AccessError) {
            let shown = try service.settings.authenticator.authenticate(authorization: authorization, from: address)
            guard mayGoOn(as: shown) else { return session.greeted(.otherTenant) }
            offered = shown
            let admission = HranaAdmission(.socket, shown, asIn: handshake)
            ask(
                turn(Self.helloTurn, .hello), SocketErrand(admission, nil, principal: principal, place: place), bytes: 0
            )
        } catch {
            guard error == .sessionUnread else { return session.greeted(HranaError(error)) }
            offered = nil
            let admission = HranaAdmission(.socket, nil, unread: unread(from: address), asIn: handshake)
            ask(
                turn(Self.helloTurn, .hello), SocketErrand(admission, nil, principal: principal, place: place), bytes: 0
            )
        }
    }

    private func unread(from address: String?) -> UnreadSession {
        UnreadSession(authorization: authorization, address: address)
    }

    /// The hello was good.
    ///
    /// - Parameter read: of one whose session had to be read.
    func welcome(_ read: Credential?) {
        guard let shown = offered ?? read, mayGoOn(as: shown) else {
            return session.greeted(.otherTenant)
        }
        credential = shown
        session.greeted(nil)
    }

    private static let helloTurn: UInt64 = 0

    /// Where the token names the tenant, it is the same for the connection's whole life: so are its streams.
    private func mayGoOn(as shown: Credential) -> Bool {
        guard let tenant = tenantForGood else { return true }
        return (try? shown.soleTenant()) == tenant
    }

    /// Where the token names the tenant: the one that the first good hello's named.
    private var tenantForGood: SoleTenant? {
        guard handshake.key == nil, let credential else { return nil }
        return try? credential.soleTenant()
    }

    /// For each request anew, from memory: a token that has expired or was revoked is good for nothing from then on.
    private func authenticate() throws(AccessError) -> Credential {
        try service.settings.authenticator.authenticateAgain(authorization: authorization)
    }

    /// Who a turn runs for.
    private func caller(of turn: SocketSession.Turn) throws(AccessError) -> Credential {
        if turn.isOurs, let credential { return credential }
        return try authenticate()
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
            let caller = try caller(of: turn)
            // A membership may have gone, and another come.
            guard mayGoOn(as: caller) else { throw AccessError.forbidden }
            let admission = HranaAdmission(endpoint, caller, asIn: handshake)
            ask(self.turn(turn.id, kind), SocketErrand(admission, program, principal: principal), bytes: turn.bytes)
        } catch {
            guard error == .sessionUnread else { return session.failed(turn.id, HranaError(error)) }
            let admission = HranaAdmission(endpoint, nil, unread: unread(from: nil), asIn: handshake)
            let errand = SocketErrand(admission, program, principal: principal, tenant: tenantForGood)
            ask(self.turn(turn.id, kind), errand, bytes: turn.bytes)
        }
    }

    private func turn(_ id: UInt64, _ kind: SocketTurn.Kind) -> SocketTurn {
        SocketTurn(id, kind, of: self, from: address, at: port?.now ?? openedAt)
    }

    private func ask(_ turn: SocketTurn, _ errand: SocketErrand, bytes: Int) {
        guard let port else { return }
        turns[turn.id] = turn
        turn.errand = errand
        ask(turn, errand, bytes: bytes, through: port)
    }

    private func ask(_ turn: SocketTurn, _ errand: SocketErrand, bytes: Int, through port: any SocketPort) {
        let path = turn.isCursor ? "/v3/cursor" : "/v3/pipeline"
        turn.request = port.ask(
            HTTPRequestHead(version: .http1_1, method: .POST, uri: path), for: errand, bytes: bytes,
            answer: turn, pausing: StreamBounds(high: limits.cursorHigh, low: limits.cursorLow, most: 32 << 20))
    }

    func abandon(_ id: UInt64) {
        guard let turn = turns.removeValue(forKey: id), let request = turn.request, let port else { return }
        turn.leave(SocketExecutor(port: port) { [self] port, baton in letGo(baton, through: port) })
        port.abandon(request, turn.stream)
    }

    /// Closes a stream that only its baton names.
    private func letGo(_ baton: String, through port: any SocketPort) {
        guard let credential else { return }
        defer { lastOwnTurn -= 1 }
        let program = HranaProgram.pipeline(PipelineRequest(baton: baton, requests: [.close]))
        let admission = HranaAdmission(.pipeline(.three, encoding), credential, asIn: handshake)
        ask(
            turn(lastOwnTurn, .pipeline(encoding, closes: false)),
            SocketErrand(admission, program, principal: principal), bytes: 0, through: port)
    }
}

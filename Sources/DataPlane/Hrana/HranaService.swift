import Access
import Catalog
import Cluster
import Hrana
import Lanes
import Membership
import NIOCore
import NIOHTTP1
import Routing
import Seams
import ServiceLifecycle
import Tenants
import Vocabulary

/// The data plane: requests of libSQL clients, from the door to their tenant and back.
///
/// On the event loop as far as memory goes: naming, token, placement, decoding. What must wait for the catalog goes through
/// a bounded queue to ``run()``, which is the parent of those waits.
package final class HranaService: DoorService, Service {
    let settings: HranaSettings
    private let waiting: AsyncStream<Errand>
    private let queue: AsyncStream<Errand>.Continuation
    private let shelf: SnapshotShelf
    private let uploads: UploadPlaces
    let sockets: SocketPlaces
    /// Between two looks at whether snapshots are kept for too long.
    private static let shelfSweep = Duration.seconds(10)

    /// What takes a task of its own.
    enum Errand: Sendable {
        case lookUp(LookUp)
        case firstUse(LookUp, TenantKey, FirstUser)
        case snapshot(DoorRequest, HranaCall)
        case replica(DoorRequest, HranaCall, ReplicaRequest)
        case stats(DoorRequest, HranaCall)
        case upload(DoorRequest, HranaCall, UploadTerms)
        case create(LookUp, TenantKey)
        case session(DoorRequest, UnreadSession)
        case socketSession(LookUp, UnreadSession)
        case refresh(UnreadSession)
    }

    /// A request that waits for its tenant to be found.
    struct LookUp: Sendable {
        let request: DoorRequest
        let admission: HranaAdmission
    }

    package init(_ settings: HranaSettings) {
        self.settings = settings
        shelf = SnapshotShelf(settings.snapshots)
        settings.engine.whenDiskFull(SparedLast([shelf, settings.engine.replicas]))
        uploads = UploadPlaces(settings.uploads)
        sockets = SocketPlaces(settings.socket.perTenant)
        (waiting, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(settings.pendingLookUps))
    }

    // MARK: DoorService

    package func handle(batch: [DoorRequest]) { Wakes.together(batch) { handle($0) } }

    package func cancelled(_ request: DoorRequest) {
        // What runs here is told by the request itself, a streamed answer by its stream.
        settings.relay?.cancelled(request)
    }

    // MARK: Waits

    /// Serves what has to wait, until the task is cancelled or the service told to stop.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.clearShelf() }
                for await errand in waiting { group.addTask { await self.run(errand) } }
            }
        } onGracefulShutdown: {
            self.queue.finish()
        }
    }

    private func run(_ errand: Errand) async {
        switch errand {
        case .lookUp(let lookUp): await finish(lookUp)
        case .firstUse(let lookUp, let key, let user): await makeTenant(lookUp, key, user)
        case .snapshot(let request, let call):
            await SnapshotExchange(service: self, shelf: shelf, request: request, call: call).run()
        case .replica(let request, let call, let asked):
            await ReplicaExchange(service: self, request: request, call: call, asked: asked).run()
        case .stats(let request, let call): await StatsExchange(service: self, request: request, call: call).run()
        case .upload(let request, let call, let terms):
            await UploadExchange(service: self, places: uploads, request: request, call: call, terms: terms).run()
        case .create(let lookUp, let key): await create(lookUp, key)
        case .session(let request, let unread): await admit(request, unread)
        case .socketSession(let lookUp, let unread): await route(lookUp, unread)
        case .refresh(let unread): _ = try? await read(unread)
        }
    }

    private func clearShelf() async {
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: Self.shelfSweep)
                self.shelf.expire(now: self.settings.time.monotonic())
                self.settings.engine.pushes.expire(now: self.settings.time.monotonic())
                await self.settings.engine.replicas.sweep()
            }
        }
    }

    private func finish(_ lookUp: LookUp) async {
        guard !lookUp.request.isCancelled else { return }
        do throws(TransportError) {
            if let stamp = lookUp.admission.stamp {
                return try proceed(lookUp.request, lookUp.admission, await settings.directory.find(stamp.request))
            }
            let key = try await self.key(of: lookUp.admission)
            let found = await settings.directory.find(key)
            try proceed(lookUp.request, lookUp.admission, key, found)
        } catch {
            refuse(lookUp.request, error)
        }
    }

    /// The tenant that the request names, or its credential.
    private func key(of admission: HranaAdmission) async throws(TransportError) -> TenantKey {
        if let key = admission.key { return key }
        do throws(AccessError) {
            guard let credential = admission.credential else { throw AccessError.tenantRequired }
            switch try credential.soleTenant() {
            case .key(let key): return key
            case .id(let id):
                guard let key = try await directoryKey(of: id) else { throw AccessError.forbidden }
                return key
            }
        } catch {
            throw TransportError(error)
        }
    }

    private func directoryKey(of id: TenantID) async throws(AccessError) -> TenantKey? {
        do throws(TransportError) { return try await settings.directory.key(of: id) } catch { throw .forbidden }
    }

    // MARK: The way of a request

    private func handle(_ request: DoorRequest) {
        do throws(TransportError) {
            if let errand = request.errand as? SocketErrand {
                if let unread = errand.admission.unread {
                    let lookUp = LookUp(request: request, admission: errand.admission)
                    return try enqueue(.socketSession(lookUp, unread))
                }
                return try route(request, errand.admission)
            }
            if try takesRelayed(request) { return }
            let headers = RequestHeaders(request.head)
            let peer = connection(of: request)?.address ?? ""
            let address = settings.proxies.client(peer: peer, forwardedFor: headers.forwardedFor)
            do throws(TransportError) {
                try admit(request, headers, from: address)
            } catch {
                guard error == .sessionUnread else { throw error }
                try enqueue(
                    .session(request, UnreadSession(authorization: headers.authorization, address: address)))
            }
        } catch {
            refuse(request, error)
        }
    }

    /// - Parameter known: whose session was read for it just now.
    func admit(
        _ request: DoorRequest, _ headers: RequestHeaders, from address: String, as known: Credential? = nil
    ) throws(TransportError) {
        let admission = try HranaAdmission(request.head, headers, from: address, settings, as: known)
        switch admission.endpoint {
        case .probe: probe(request)
        case .preflight: preflight(request)
        case .socket: try openSocket(request, admission, headers, from: address, as: known)
        default: try route(request, admission)
        }
    }

    func route(_ request: DoorRequest, _ admission: HranaAdmission) throws(TransportError) {
        guard let key = admission.key else {
            if try routeToSole(request, admission) { return }
            return try wait(request, admission)
        }
        let found = settings.directory.lookUp(key)
        if case .unknown = found { return try wait(request, admission) }
        try proceed(request, admission, key, found)
    }

    func makeLater(_ lookUp: LookUp, _ key: TenantKey, _ user: FirstUser) throws(TransportError) {
        try enqueue(.firstUse(lookUp, key, user))
    }

    func wait(_ request: DoorRequest, _ admission: HranaAdmission) throws(TransportError) {
        try enqueue(.lookUp(LookUp(request: request, admission: admission)))
    }

    func proceed(
        _ request: DoorRequest, _ admission: HranaAdmission, _ key: TenantKey, _ found: Whereabouts
    ) throws(TransportError) {
        switch found {
        case .here(let route):
            let authority = try admission.authority(on: key, route)
            if let errand = request.errand as? SocketErrand { return try start(request, errand, route, authority) }
            try start(request, admission, route, authority)
        case .elsewhere(let route):
            let authority = try admission.authority(on: key, route)
            guard let relay = settings.relay else { throw .catalogUnavailable }
            guard let errand = request.errand as? SocketErrand else {
                return relay.relay(request, to: route, as: authority)
            }
            if errand.program == nil { return try start(request, errand, route, authority) }
            errand.write(to: request, for: route.key)
            relay.relay(request, to: route, as: errand.authority(authority))
        case .absent:
            let authority = try admission.authority(on: key, nil)
            if mayCreate(request, admission) {
                return try enqueue(.create(LookUp(request: request, admission: admission), key))
            }
            guard try !isFirstUse(request, admission, key, authority) else { return }
            throw .tenantNotFound
        case .failed(let error):
            _ = try admission.authority(on: key, nil)
            throw error
        case .unknown: throw .catalogUnavailable
        }
    }

    /// Decodes the program and hands it to its tenant.
    func start(
        _ request: DoorRequest, _ admission: HranaAdmission, _ route: Route, _ authority: Authority
    ) throws(TransportError) {
        if admission.endpoint.makesCopies {
            return try send(request, admission.endpoint, try self.call(request, admission, route, authority))
        }
        if admission.endpoint == .stats {
            return try enqueue(.stats(request, try self.call(request, admission, route, authority)))
        }
        let program: HranaProgram
        do throws(HranaDecodingError) {
            program = try HranaProgram(
                admission.endpoint, request.body, HranaLimits(sqlBytes: settings.context.limits.sqlBytes))
        } catch {
            throw TransportError(error)
        }
        try start(request, admission, route, authority, program)
    }

    /// On an errand that takes a task of its own.
    private func send(_ request: DoorRequest, _ endpoint: HranaEndpoint, _ call: HranaCall) throws(TransportError) {
        var errand = Errand.snapshot(request, call)
        if case .replica(let asked) = endpoint {
            guard settings.engine.settings.replicaBytes > 0 else { throw .pathNotFound }
            errand = .replica(request, call, asked)
        }
        if endpoint == .upload { errand = .upload(request, call, try UploadTerms(request.head.headers)) }
        try enqueue(errand)
    }

    func start(
        _ request: DoorRequest, _ admission: HranaAdmission, _ route: Route, _ authority: Authority,
        _ program: HranaProgram
    ) throws(TransportError) {
        var call = try self.call(request, admission, route, authority)
        call.encoding = admission.endpoint.encoding
        call.claims = try claims(of: admission, for: route.tenant)
        if let baton = program.baton { try call.take(baton: baton, settings.context) }
        let key = admission.idempotencyKey.map { [claims = call.claims] in
            IdempotencyKey($0, of: admission.endpoint, body: request.body, claims: claims)
        }
        switch program {
        case .pipeline(let pipeline):
            exchange(for: request).start(request, call, .pipeline, pipeline.requests, under: key)
        case .version1(let statement):
            exchange(for: request).start(request, call, .version1, [statement], under: key)
        case .cursor(let cursor): CursorExchange(request, call, self).start(cursor.batch)
        case .query(let query): QueryExchange(request, call, self).start(query, under: key)
        }
    }

    /// One that is over for long is refused whatever the tenant knows: it may have forgotten.
    private func claims(
        of admission: HranaAdmission, for tenant: TenantID
    ) throws(TransportError) -> [[UInt8]] {
        guard !admission.claims.isEmpty else { return [] }
        guard let seal = settings.claimSeal, admission.claims.allSatisfy({ seal.isGenuine($0, of: tenant) }) else {
            throw .claimUnknown
        }
        let now = settings.time.wall()
        guard !admission.claims.contains(where: { $0.isLongOver(at: now) }) else { throw .claimExpired }
        return admission.claims.map(\.digest)
    }

    func enqueue(_ errand: Errand) throws(TransportError) {
        guard case .enqueued = queue.yield(errand) else {
            throw TransportError(TenantsError.busy(queue: "line of those who wait"))
        }
    }

    private func call(
        _ request: DoorRequest, _ admission: HranaAdmission, _ route: Route, _ authority: Authority
    ) throws(TransportError) -> HranaCall {
        if route.state == .blocked { throw .tenantBlocked }
        let rights: Rights = authority.mayWrite && route.state != .readOnly ? .write : .read
        let deadline = settings.time.monotonic().advanced(byNanoseconds: admission.timeout)
        var call = HranaCall(
            tenant: route.tenant, principal: authority.principal, rights: rights, deadline: deadline,
            timeout: admission.timeout, bookmark: admission.bookmark)
        if admission.asksForTime { call.asked = admission.timeout }
        return call
    }

    /// What the request's connection keeps for its requests; nil off its event loop, where that cannot be reached.
    private func connection(of request: DoorRequest) -> HranaConnection? {
        guard request.isOnItsLoop else { return nil }
        if let known = request.companion as? HranaConnection { return known }
        let made = HranaConnection(request.clientAddress, self)
        request.companion = made
        return made
    }

    private func exchange(for request: DoorRequest) -> PipelineExchange {
        if let connection = connection(of: request) { return connection.exchange() }
        let single = PipelineExchange(self)
        _ = single.take()
        return single
    }

    /// The engine executed nothing of the request. Where that is because the tenant is on its way, it may wait for it.
    func notRun(_ request: DoorRequest, _ call: HranaCall, _ error: TenantsError) {
        switch error {
        case .moving, .notFound: if settings.relay?.hold(request, of: call.tenant) ?? false { return }
        default: break
        }
        refuse(request, TransportError(error))
    }

    /// Takes a request that the relay held: it goes its way from the start, as if it had just come. Any thread.
    package func resume(_ request: DoorRequest) {
        guard !request.isCancelled else { return }
        // A relayed one was judged before it was held; its signature is good for once only.
        guard let stamp = RelayStamp(heldIn: request.head) else { return handle(request) }
        do throws(TransportError) {
            try serve(request, stamp)
        } catch {
            refuse(request, error)
        }
    }

    // MARK: Short answers

    private func probe(_ request: DoorRequest) {
        var answer = HranaAnswer()
        answer.contentType = "text/plain"
        respond(request, answer, ByteBuffer(string: "ok"))
    }

    private func preflight(_ request: DoorRequest) {
        guard let headers = settings.cors.preflight(for: request.head.headers.first(name: "origin")) else {
            return refuse(request, TransportError(.originRefused(.origin)))
        }
        request.respond(.noContent, lines: HeaderLines(headers.map { ($0.name, $0.value) }))
    }

    package func refuse(_ request: DoorRequest, _ error: TransportError) {
        var writer = JSONWriter()
        var answer = HranaAnswer(error)
        if HranaEndpoint.answersPlainly(request.head.uri) {
            writer.plainError(error, request.id)
            answer.contentType = "application/json"
        } else {
            writer.transportError(error)
        }
        respond(request, answer, ByteBuffer(bytes: writer.bytes.bytes))
    }

    func respond(_ request: DoorRequest, _ answer: HranaAnswer, _ body: ByteBuffer) {
        request.respond(
            answer.status == 200 ? .ok : HTTPResponseStatus(statusCode: answer.status), lines: lines(request, answer),
            body: body)
    }

    func beginStream(
        _ request: DoorRequest, _ answer: HranaAnswer, onWritable: @escaping @Sendable () -> Void
    ) -> DoorStream? {
        request.beginStream(.ok, lines: lines(request, answer), onWritable: onWritable)
    }

    /// What an answer carries beside what every one does.
    func lines(_ request: DoorRequest, _ answer: HranaAnswer) -> HeaderLines {
        var lines = HeaderLines()
        if answer.contentType == "application/json" {
            lines.append("Content-Type: application/json\r\n")
        } else {
            lines.add("Content-Type", answer.contentType)
        }
        if let bookmark = answer.bookmark { lines.add(bookmark) }
        if let seconds = answer.retryAfterSeconds { lines.add("Retry-After", String(seconds)) }
        if let allow = answer.allow { lines.add("Allow", allow) }
        if answer.status == 401 { lines.append("WWW-Authenticate: Bearer\r\n") }
        if !settings.cors.isEmpty {
            for header in settings.cors.headers(for: request.head.headers.first(name: "origin")) {
                lines.add(header.name, header.value)
            }
        }
        return lines
    }

    /// The right to serve is asked for again right before an answer leaves: work that began in time may end too late.
    var mayAnswer: Bool { settings.right.mayServe(settings.time.monotonic()) }
}

extension HeaderLines {
    /// As `Bookmark.description`, without making a string of it.
    fileprivate mutating func add(_ bookmark: Bookmark) {
        append("Rowhouse-Bookmark: ")
        append(hexadecimal: bookmark.epoch.rawValue)
        append("-")
        append(hexadecimal: bookmark.txid.rawValue)
        append("\r\n")
    }
}

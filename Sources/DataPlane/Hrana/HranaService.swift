import Access
import Hrana
import NIOCore
import NIOHTTP1
import Routing
import Seams
import ServiceLifecycle
import Synchronization
import Tenants
import Vocabulary

/// The data plane: requests of libSQL clients, from the door to their tenant and back.
///
/// On the event loop as far as memory goes: naming, token, placement, decoding. What must wait for the catalog goes through
/// a bounded queue to ``run()``, which is the parent of those waits.
package final class HranaService: DoorService, Service {
    let settings: HranaSettings
    private let waiting: AsyncStream<LookUp>
    private let queue: AsyncStream<LookUp>.Continuation
    private let requestCounter = Atomic<UInt64>(0)
    private let requestBase: UInt64

    /// A request that waits for its tenant to be found.
    struct LookUp: Sendable {
        let request: DoorRequest
        let admission: HranaAdmission
    }

    package init(_ settings: HranaSettings) {
        self.settings = settings
        (waiting, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(settings.pendingLookUps))
        requestBase = settings.random.next()
    }

    // MARK: DoorService

    package func handle(batch: [DoorRequest]) { for request in batch { handle(request) } }

    package func cancelled(_ request: DoorRequest) {
        // The works look at `isCancelled` themselves; a streamed answer is told by its stream.
    }

    // MARK: Waits

    /// Serves what has to wait, until the task is cancelled or the service told to stop.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await lookUp in waiting { group.addTask { await self.finish(lookUp) } }
            }
        } onGracefulShutdown: {
            self.queue.finish()
        }
    }

    private func finish(_ lookUp: LookUp) async {
        do throws(TransportError) {
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
            let admission = try HranaAdmission(request.head, from: request.clientAddress, settings)
            switch admission.endpoint {
            case .probe: return probe(request)
            case .preflight: return preflight(request)
            case .unknown: throw TransportError.pathNotFound
            default: break
            }
            guard let key = admission.key else { return try wait(request, admission) }
            let found = settings.directory.lookUp(key)
            if case .unknown = found { return try wait(request, admission) }
            try proceed(request, admission, key, found)
        } catch {
            refuse(request, error)
        }
    }

    private func wait(_ request: DoorRequest, _ admission: HranaAdmission) throws(TransportError) {
        switch queue.yield(LookUp(request: request, admission: admission)) {
        case .enqueued: return
        default: throw .catalogUnavailable
        }
    }

    private func proceed(
        _ request: DoorRequest, _ admission: HranaAdmission, _ key: TenantKey, _ found: Whereabouts
    ) throws(TransportError) {
        switch found {
        case .here(let route):
            let authority = try admission.authority(on: key, route)
            try start(request, admission, route, authority)
        case .elsewhere(let route):
            let authority = try admission.authority(on: key, route)
            guard let relay = settings.relay else { throw .catalogUnavailable }
            relay.relay(request, to: route, as: authority)
        case .absent:
            _ = try admission.authority(on: key, nil)
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
        var call = try self.call(request, admission, route, authority)
        let program: HranaProgram
        do throws(HranaDecodingError) {
            program = try HranaProgram(admission.endpoint, request.body)
        } catch {
            throw TransportError(error)
        }
        if let baton = program.baton { try call.take(baton: baton, settings.context) }
        switch program {
        case .pipeline(let pipeline): exchange(for: request).start(call, .pipeline, pipeline.requests, self)
        case .version1(let statement): exchange(for: request).start(call, .version1, [statement], self)
        case .cursor(let cursor): CursorExchange(request, self).start(call, cursor.batch)
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
            timeout: admission.timeout)
        if let text = request.head.headers.first(name: "rowhouse-bookmark") {
            guard let bookmark = Bookmark(text) else {
                throw .badHeader("Rowhouse-Bookmark", "one that an answer gave")
            }
            call.bookmark = bookmark
        }
        return call
    }

    /// The connection's own, used again for each of its requests.
    private func exchange(for request: DoorRequest) -> PipelineExchange {
        if let kept = request.companion as? PipelineExchange, kept.isFree {
            kept.request = request
            return kept
        }
        let fresh = PipelineExchange(request)
        // From a task the loop's place cannot be written; then the exchange serves this request alone.
        if request.isOnItsLoop { request.companion = fresh }
        return fresh
    }

    // MARK: Short answers

    private func probe(_ request: DoorRequest) {
        request.respond(.ok, headers: headers(request, "text/plain", nil), body: ByteBuffer(string: "ok"))
    }

    private func preflight(_ request: DoorRequest) {
        guard let headers = settings.cors.preflight(for: request.head.headers.first(name: "origin")) else {
            return refuse(request, TransportError(.originRefused(.origin)))
        }
        request.respond(.noContent, headers: headers.map { ($0.name, $0.value) })
    }

    func refuse(_ request: DoorRequest, _ error: TransportError) {
        var writer = JSONWriter()
        writer.transportError(error)
        var all = headers(request, error.contentType, nil)
        if let seconds = error.retryAfterSeconds { all.append(("Retry-After", String(seconds))) }
        if error.status == 401 { all.append(("WWW-Authenticate", "Bearer")) }
        request.respond(
            HTTPResponseStatus(statusCode: error.status), headers: all, body: ByteBuffer(bytes: writer.bytes.bytes))
    }

    /// What every answer carries.
    func headers(_ request: DoorRequest, _ contentType: String, _ bookmark: Bookmark?) -> [(String, String)] {
        let (_, number) = requestCounter.add(1, ordering: .relaxed)
        var all = [
            ("Content-Type", contentType), ("Rowhouse-Node", settings.node), ("Rowhouse-Durability", "local"),
            ("Rowhouse-Request-ID", String(requestBase &+ number, radix: 16)),
        ]
        if let bookmark { all.append(("Rowhouse-Bookmark", bookmark.description)) }
        if !settings.cors.isEmpty {
            for header in settings.cors.headers(for: request.head.headers.first(name: "origin")) {
                all.append((header.name, header.value))
            }
        }
        return all
    }

    /// The right to serve is asked for again right before an answer leaves: work that began in time may end too late.
    var mayAnswer: Bool { settings.right.mayServe(settings.time.monotonic()) }
}

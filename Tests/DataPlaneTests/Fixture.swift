import DataPlane
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization

/// `/t/…` is ours, and so are WebSockets; `/.rowhouse/…` is nobody's, the rest the tail's.
struct FixtureRules: DoorRules {
    func classify(_ head: HTTPRequestHead) -> DoorVerdict {
        if head.uri.hasPrefix("/t/small") { return .dataPlane(bodyLimit: 16) }
        if head.method == .PUT, head.uri.hasSuffix("/snapshot") { return .upload(bodyLimit: 1 << 30) }
        if head.uri.hasPrefix("/t/") || head.uri == "/" && head.headers.contains(name: "upgrade") {
            return .dataPlane()
        }
        if head.uri.hasPrefix("/.rowhouse/") {
            return .refuse(.rule(status: 404, code: "not_found", message: "There is no \"such\" path."))
        }
        return .tail
    }

    func body(of refusal: DoorRefusal, for head: HTTPRequestHead?, id: RequestNumber) -> RefusalBody {
        .control(refusal, id)
    }
}

/// Hands every request to a closure, and remembers what was cancelled.
final class FixtureService: DoorService {
    let cancellations = Mutex<[String]>([])
    let batches = Mutex<[Int]>([])
    private let answer: @Sendable (DoorRequest) -> Void

    init(_ answer: @escaping @Sendable (DoorRequest) -> Void) { self.answer = answer }

    func handle(batch: [DoorRequest]) {
        batches.withLock { $0.append(batch.count) }
        for request in batch { answer(request) }
    }

    func cancelled(_ request: DoorRequest) {
        cancellations.withLock { $0.append(request.head.uri) }
    }

    /// Method, path and body, at once and on the loop.
    static func echo() -> FixtureService { FixtureService { Self.echo($0) } }

    static func echo(_ request: DoorRequest) {
        var body = DoorRequest.bodyBuffer()
        body.writeString("\(request.head.method.rawValue) \(request.head.uri) ")
        body.writeImmutableBuffer(request.body)
        request.respond(.ok, headers: [("content-type", "text/plain")], body: body)
    }
}

/// Requests that a test answers when it likes.
final class Shelf: Sendable {
    private let held = Mutex<[DoorRequest]>([])

    func put(_ request: DoorRequest) { held.withLock { $0.append(request) } }

    /// Waits for the next one.
    func take() async throws -> DoorRequest {
        while true {
            if let request = held.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return request }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

/// Counts across threads.
final class Tally: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func add(_ amount: Int) { value.withLock { $0 += amount } }
}

/// Keeps the tail's `/gated` from answering until it is opened.
final class Gate: Sendable {
    private let isOpen = Mutex(false)
    func open() { isOpen.withLock { $0 = true } }
    func wait() async throws {
        while !isOpen.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(2)) }
    }
}

/// A running door on a port of its own.
struct Door: Sendable {
    let port: Int
    let server: DoorServer
    let services: ServiceGroup
    let gate: Gate
    private let clients = Clients()

    /// Those who connected.
    private final class Clients: Sendable {
        private let all = Mutex<[Client]>([])

        func add(_ client: Client) { all.withLock { $0.append(client) } }
        func close() async { for client in all.withLock({ $0 }) { try? await client.close() } }
    }

    func connect(autoRead: Bool = true) async throws -> Client {
        // Not the server's group: taking turns with the clients, connections would all come to the same event loop.
        let client = try await Client.connect(
            port: port, group: MultiThreadedEventLoopGroup.singleton, autoRead: autoRead)
        clients.add(client)
        return client
    }

    /// Waits until the server has read so many bytes.
    func hasRead(_ count: Int) async throws {
        while server.metrics().bytesIn < count { try await Task.sleep(for: .milliseconds(2)) }
    }

    /// Runs `body` against a door, then shuts it down gracefully and waits for its end.
    static func open(
        _ service: any DoorService = FixtureService.echo(), limits: DoorLimits = .quick,
        shutdownTime: TimeAmount = .seconds(5), _ body: @escaping @Sendable (Door) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        var logger = Logger(label: "door")
        logger.logLevel = .critical
        var configuration = DoorServer.Configuration(host: "127.0.0.1", port: 0)
        configuration.shutdownTime = shutdownTime
        configuration.lines = HeaderLines([("Rowhouse-Node", "n1"), ("Rowhouse-Durability", "local")])
        let gate = Gate()
        let tail = HummingbirdTail(responder: routes(gate).buildResponder(), logger: logger)
        let server = DoorServer(
            configuration, limits: limits, group: group, rules: FixtureRules(), service: service, tail: tail,
            logger: logger
        ) { port.yield($0.port ?? 0) }
        let services = ServiceGroup(configuration: .init(services: [server], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            for await number in ports {
                port.finish()
                let door = Door(port: number, server: server, services: services, gate: gate)
                try await body(door)
                // Else the door waits two seconds at its end for whoever may not have read a refusal yet.
                await door.clients.close()
            }
            await services.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        try await group.shutdownGracefully()
    }

    private static func routes(_ gate: Gate) -> Router<BasicRequestContext> {
        let router = Router()
        router.get("hello") { _, _ in "hello" }
        router.head("hello") { _, _ in Response(status: .ok, headers: [.contentLength: "5"]) }
        // A head answer without any length is what NIO's encoder would spoil.
        router.head("endless") { _, _ in
            Response(status: .ok, body: .init { writer in try await writer.finish(nil) })
        }
        router.get("slow") { _, _ in
            try await Task.sleep(for: .milliseconds(150))
            return "slow"
        }
        router.get("gated") { _, _ in
            try await gate.wait()
            return "gated"
        }
        router.post("echo") { request, _ in
            Response(status: .ok, body: .init(byteBuffer: try await request.body.collect(upTo: 1 << 24)))
        }
        router.post("careless") { _, _ in "did not read" }
        router.get("pieces") { _, _ in
            Response(
                status: .ok,
                body: .init { writer in
                    try await writer.write(ByteBuffer(string: "one "))
                    try await writer.write(ByteBuffer(string: "two"))
                    try await writer.finish(nil)
                })
        }
        return router
    }
}

extension DoorLimits {
    /// The defaults, with sweeps often enough for tests.
    static var quick: DoorLimits {
        var limits = DoorLimits()
        limits.sweep = .milliseconds(20)
        return limits
    }

    func with(_ change: (inout DoorLimits) -> Void) -> DoorLimits {
        var copy = self
        change(&copy)
        return copy
    }
}

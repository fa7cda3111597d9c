import ControlPlane
import DataPlane
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization

/// `/t/…` is the service's, the rest Hummingbird's.
private struct TestRules: DoorRules {
    func classify(_ head: HTTPRequestHead) -> DoorVerdict { head.uri.hasPrefix("/t/") ? .dataPlane() : .tail }

    func body(of refusal: DoorRefusal, for head: HTTPRequestHead?, id: RequestNumber) -> RefusalBody {
        .control(refusal, id)
    }
}

/// Hands every request to a closure, on its event loop, and remembers what was cancelled.
final class TestService: DoorService {
    private let answer: @Sendable (DoorRequest) -> Void
    private let onCancel: @Sendable (DoorRequest) -> Void
    let cancelled = Tally()

    init(
        onCancel: @escaping @Sendable (DoorRequest) -> Void = { _ in },
        _ answer: @escaping @Sendable (DoorRequest) -> Void
    ) {
        self.answer = answer
        self.onCancel = onCancel
    }

    func handle(batch: [DoorRequest]) { for request in batch { answer(request) } }

    func cancelled(_ request: DoorRequest) {
        cancelled.add()
        onCancel(request)
    }
}

/// A node's door on a port of its own, on loopback.
struct TestDoor: Sendable {
    let port: Int
    var address: String { "http://127.0.0.1:\(port)" }

    /// Serves while `body` runs, then shuts down gracefully.
    static func open(
        _ service: any DoorService, limits: DoorLimits = DoorLimits(), group: any EventLoopGroup,
        routes: Router<ControlContext> = Router(context: ControlContext.self),
        _ body: @escaping @Sendable (TestDoor) async throws -> Void
    ) async throws {
        var limits = limits
        limits.sweep = .milliseconds(20)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        var configuration = DoorServer.Configuration(host: "127.0.0.1", port: 0)
        configuration.shutdownTime = .seconds(2)
        let server = DoorServer(
            configuration, limits: limits, group: group, rules: TestRules(), service: service,
            tail: HummingbirdTail(responder: routes.buildResponder(), logger: logger), logger: logger
        ) { port.yield($0.port ?? 0) }
        let services = ServiceGroup(configuration: .init(services: [server], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            for await number in ports {
                port.finish()
                try await body(TestDoor(port: number))
            }
            await services.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}

/// Counts across threads.
final class Tally: Sendable {
    private let value = Atomic<Int>(0)
    var count: Int { value.load(ordering: .acquiring) }
    func add(_ amount: Int = 1) { value.add(amount, ordering: .acquiringAndReleasing) }
}

/// Keeps what came, in order.
final class Log<Value: Sendable>: Sendable {
    private let values = Mutex<[Value]>([])
    var all: [Value] { values.withLock { $0 } }
    func add(_ value: Value) { values.withLock { $0.append(value) } }
}

/// Looks until it holds, at most ten seconds.
func eventually(_ condition: @Sendable () -> Bool) async throws -> Bool {
    for _ in 0..<1000 {
        if condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return condition()
}

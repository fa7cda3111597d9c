import Lanes
import NIOCore
import NIOPosix
import Seams

/// A closed loop of requests over keep-alive connections.
final class HTTPLoad: Contender {
    let name: String
    private let target: LoadTarget
    private let shape: RequestShape
    private let connections: Int
    private let group: MultiThreadedEventLoopGroup
    private let device: UsageMeter

    /// How long opening all connections, and the last answers, may take.
    private static let patience = TimeAmount.seconds(30)

    /// - Parameters:
    ///   - directory: on the device that the server writes to, where it is this machine's.
    ///   - group: the generator's event loops; its owner ends it.
    init(
        _ name: String, _ target: LoadTarget, _ workload: Workload, connections: Int, directory: String,
        group: MultiThreadedEventLoopGroup
    ) {
        self.name = "\(name), \(connections) connections"
        self.target = target
        self.connections = connections
        self.group = group
        shape = RequestShape(target, workload)
        device = UsageMeter(directory: directory)
    }

    func run(nanoseconds: UInt64, until stop: StopFlag) throws(BenchmarkError) -> Measurement {
        let crew = try connect()
        defer { for member in crew { member.channel.close(promise: nil) } }
        let loops = Loops(crew)
        let time = SystemTime()
        let before = reading()
        let start = time.monotonic()
        let end = start.advanced(byNanoseconds: nanoseconds)
        for member in crew { member.channel.eventLoop.execute { member.handler.begin() } }
        let gate = Gate()
        while !stop.isSet {
            let left = end.nanoseconds(since: time.monotonic())
            if left == 0 { break }
            gate.withLock { _ = gate.wait(atMost: min(left, 50_000_000), while: { true }) }
        }
        var result = try loops.end()
        result.nanoseconds = time.monotonic().nanoseconds(since: start)
        store(before, in: &result)
        drain(crew)
        return result
    }

    // MARK: Connections

    private struct Member: Sendable {
        let channel: any Channel
        let handler: LoadConnection
        let loop: LoadLoop
    }

    /// One loop state for each event loop, running from now on.
    private func connect() throws(BenchmarkError) -> [Member] {
        var states: [ObjectIdentifier: LoadLoop] = [:]
        var futures: [EventLoopFuture<Member>] = []
        for index in 0..<connections {
            let eventLoop = group.next()
            let known = states[ObjectIdentifier(eventLoop)]
            let state = known ?? LoadLoop(shape, seed: UInt64(index + 1))
            states[ObjectIdentifier(eventLoop)] = state
            let handler = LoadConnection(state)
            let channel = ClientBootstrap(group: eventLoop)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connectTimeout(Self.patience)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler) }
                }
                .connect(host: target.host, port: target.port)
            futures.append(channel.map { Member(channel: $0, handler: handler, loop: state) })
        }
        do {
            return try EventLoopFuture.whenAllSucceed(futures, on: group.any()).wait()
        } catch {
            throw .server("cannot connect to \(target.host):\(target.port): \(error)")
        }
    }

    /// Waits for the last answers, so that the next contender has the machine for itself.
    private func drain(_ crew: [Member]) {
        let gate = Gate()
        for _ in 0..<100 {
            let waiting = crew.filter { member in
                (try? member.channel.eventLoop.submit { member.handler.isWaiting }.wait()) ?? false
            }
            if waiting.isEmpty { return }
            gate.withLock { _ = gate.wait(atMost: 50_000_000, while: { true }) }
        }
    }

    private struct Loops {
        private let members: [Member]

        /// Every event loop's state, once.
        init(_ crew: [Member]) {
            var seen: Set<ObjectIdentifier> = []
            members = crew.filter { seen.insert(ObjectIdentifier($0.loop)).inserted }
            for member in members { member.channel.eventLoop.execute { [loop = member.loop] in loop.begin() } }
        }

        func end() throws(BenchmarkError) -> Measurement {
            var sum = Measurement()
            for member in members {
                let loop = member.loop
                do {
                    let future = member.channel.eventLoop.submit {
                        loop.end()
                        return loop.result
                    }
                    sum.add(try future.wait())
                } catch {
                    throw .server("\(error)")
                }
            }
            return sum
        }
    }

    // MARK: Meters

    private struct Reading {
        let server: UInt64?
        let ours: Usage
    }

    /// Of all processes; nil where one cannot be read, or none is known.
    private var cpu: UInt64? {
        target.processes.reduce(target.processes.isEmpty ? nil : 0) { sum, process in
            sum.flatMap { sum in ProcessMeter.cpu(process).map { sum + $0 } }
        }
    }

    private func reading() -> Reading {
        Reading(server: cpu, ours: device.read())
    }

    /// The CPU of an operation is the server's; the generator's own is told apart.
    private func store(_ before: Reading, in result: inout Measurement) {
        let after = reading()
        let ours = after.ours.since(before.ours)
        result.generatorCPU = ours.cpu
        result.usage.device = ours.device
        if let cpu = after.server, let earlier = before.server { result.usage.cpu = cpu &- earlier }
    }
}

import Benchmarks
import Seams
import Synchronization
import Terminal

/// Requests to one tenant that leave at a fixed rate, whatever becomes of those before: how long one took counts from when it was
/// to leave, so that a server that stands still is charged for all who wait.
struct PacedLoad: Sendable {
    /// Asked in turn.
    let clients: [RemoteClient]
    let path: String
    /// Requests a second; every second one writes.
    let rate: Double
    let stop: StopFlag

    /// Under way at once; more than that count as failed.
    private static let most = 4_096
    /// Between two looks at the clock.
    private static let tick: UInt64 = 1_000_000

    /// Runs while `body` does.
    func during<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> (Value, Measurement) {
        let tally = Tally()
        let isOver = StopFlag()
        let start = SystemTime().monotonic()
        let value = try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                await send(until: isOver, start, tally)
                return nil
            }
            group.addTask {
                defer { isOver.set() }
                return try await body()
            }
            var value: Value?
            while let next = try await group.next() { value = next ?? value }
            return value
        }
        guard let value else { throw BenchmarkError.interrupted }
        return (value, tally.result(since: start))
    }

    private typealias Outcome = Result<UInt64, CommandFailure>

    /// What came of the requests so far.
    private final class Tally: Sendable {
        private let measurement = Mutex(Measurement())
        private let underWay = Atomic<Int>(0)

        /// - Returns: false where as many are under way as may be.
        func begin() -> Bool {
            guard underWay.add(1, ordering: .relaxed).newValue <= PacedLoad.most else {
                end(.failure(CommandFailure(.failed, "too many wait")))
                return false
            }
            return true
        }

        func end(_ outcome: Outcome) {
            underWay.subtract(1, ordering: .relaxed)
            measurement.withLock { measurement in
                switch outcome {
                case .success(let nanoseconds):
                    measurement.operations += 1
                    measurement.latencies.record(nanoseconds)
                case .failure(let failure): measurement.noteFailure(failure.code ?? failure.message)
                }
            }
        }

        func result(since start: Instant) -> Measurement {
            measurement.withLock { measurement in
                measurement.nanoseconds = SystemTime().monotonic().nanoseconds(since: start)
                return measurement
            }
        }
    }

    private func send(until isOver: StopFlag, _ start: Instant, _ tally: Tally) async {
        let bodies = [Self.body(WorkTable.insert, write: true), Self.body(WorkTable.select, write: false)]
        await withDiscardingTaskGroup { group in
            var number = 0
            while !isOver.isSet, !stop.isSet {
                let due = start.advanced(byNanoseconds: UInt64(Double(number) / rate * 1e9))
                guard SystemTime().monotonic() >= due else {
                    try? await NodeParts.sleep(Self.tick)
                    continue
                }
                // Both kinds through both nodes.
                let (client, body) = (clients[number / 2 % clients.count], bodies[number % 2])
                number += 1
                guard tally.begin() else { continue }
                group.addTask { tally.end(await Self.ask(client, path, body, since: due)) }
            }
        }
    }

    private static func ask(
        _ client: RemoteClient, _ path: String, _ body: JSONValue, since due: Instant
    ) async -> Outcome {
        do throws(CommandFailure) {
            let answer = try await client.exchange(path, body)
            if let error = answer.body["results"]?.array?.first?["error"] {
                return .failure(CommandFailure(.failed, error["message"]?.string ?? error.text()))
            }
            return .success(SystemTime().monotonic().nanoseconds(since: due))
        } catch {
            return .failure(error)
        }
    }

    static func body(_ sql: String, write: Bool) -> JSONValue {
        let arguments: [JSONValue] =
            write
            ? [text(WorkTable.name), text(WorkTable.body)]
            : [.object(["type": .string("integer"), "value": .string("7")])]
        return .object([
            "requests": .array([
                .object([
                    "type": .string("execute"),
                    "stmt": .object(["sql": .string(sql), "args": .array(arguments)]),
                ]), .object(["type": .string("close")]),
            ])
        ])
    }

    private static func text(_ value: String) -> JSONValue {
        .object(["type": .string("text"), "value": .string(value)])
    }
}

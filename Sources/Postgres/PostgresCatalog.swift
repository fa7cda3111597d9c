package import Catalog
import Lanes
package import Seams
import Synchronization
import Vocabulary

/// A catalog in PostgreSQL, or in what speaks its protocol: a bounded pool of connections, each on a thread of its own.
///
/// Transactions are SERIALIZABLE; those that lost against others, or lost their connection before COMMIT was sent, are run
/// again here, since they changed nothing. A COMMIT without an answer is `outcomeUnknown`: whoever asked sends the same
/// operation again, and its row in `operations` says what came of it.
package final class PostgresCatalog: CatalogDriver {
    package let health: PostgresHealth
    private let options: PostgresOptions
    private let queue: PostgresQueue
    private let time: any TimeSource
    private let threads: Mutex<[BackgroundThread]>

    /// Starts the threads; connections are made when they are needed.
    ///
    /// - Parameter tell: called on one of the threads when PostgreSQL is reached, and when it no longer is.
    /// - Throws: `PostgresError`.
    package init(
        _ options: PostgresOptions, library: LibPQ, time: any TimeSource, random: any RandomSource,
        tell: @escaping @Sendable (PostgresHealth.Event) -> Void = { _ in }
    ) throws(PostgresError) {
        _ = try library.hosts(of: options.connection)
        let health = PostgresHealth(tell)
        let queue = PostgresQueue(bound: options.queue)
        var started: [BackgroundThread] = []
        for number in 0...max(1, options.connections) {
            do throws(LaneError) {
                started.append(
                    try BackgroundThread(name: "postgres-\(number)") {
                        // The first one only looks after the others' patience.
                        guard number > 0 else { return queue.watch(time) }
                        PostgresWorker(library, options, queue, health, time: time, random: random).live()
                    })
            } catch {
                queue.close()
                for thread in started { thread.join() }
                throw .noThread("\(error)")
            }
        }
        self.health = health
        self.options = options
        self.queue = queue
        self.time = time
        threads = Mutex(started)
    }

    deinit { queue.close() }

    var schema: String { options.schema }

    /// Transactions that wait for a connection.
    package var waiting: Int { queue.count }

    package func run(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows] {
        let patience = transaction.isLong ? options.longTimeout : options.transactionTimeout
        let deadline = time.monotonic().advanced(byNanoseconds: patience)
        let job = PostgresJob(transaction, deadline: deadline)
        guard queue.join(job) else {
            throw .unavailable("PostgreSQL: \(options.queue) transactions are waiting for a connection already")
        }
        return try await job.outcome().get()
    }

    /// Answers what waits, closes the connections and ends the threads. Blocks; to be called once, not from a task.
    package func shutdown() {
        queue.close()
        let threads = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in threads { thread.join() }
    }
}

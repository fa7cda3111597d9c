import Catalog
import Seams
import Vocabulary

/// One connection with its thread: takes a transaction, has a connection, runs it, answers. Blocks where it waits.
final class PostgresWorker {
    private let library: LibPQ
    private let options: PostgresOptions
    private let queue: PostgresQueue
    private let health: PostgresHealth
    private let time: any TimeSource
    private let random: any RandomSource
    private var connection: PostgresConnection?

    init(
        _ library: LibPQ, _ options: PostgresOptions, _ queue: PostgresQueue, _ health: PostgresHealth,
        time: any TimeSource, random: any RandomSource
    ) {
        self.library = library
        self.options = options
        self.queue = queue
        self.health = health
        self.time = time
        self.random = random
    }

    /// Until the queue is closed and empty.
    func live() {
        while let job = queue.next() {
            if let outcome = begin(job) { job.answer(outcome) }
            queue.finished(job)
        }
        drop()
    }

    /// Has a connection first, so that a job whose time is over meanwhile is known to have done nothing.
    ///
    /// - Returns: nil for one that nobody waits for any more.
    private func begin(_ job: PostgresJob) -> PostgresJob.Outcome? {
        guard job.isAwaited else { return nil }
        do throws(CatalogError) { _ = try connected(until: job.deadline) } catch { return .failure(error) }
        return job.start() ? run(job) : nil
    }

    private func run(_ job: PostgresJob) -> PostgresJob.Outcome {
        var attempts = PostgresAttempts(job.transaction, until: job.deadline)
        while true {
            guard time.monotonic() < job.deadline else {
                return .failure(.unavailable("PostgreSQL: no connection was free in time"))
            }
            let connection: PostgresConnection
            do throws(CatalogError) { connection = try connected(until: job.deadline) } catch { return .failure(error) }
            connection.attempt(job.transaction, until: job.deadline, hasMetUnique: attempts.hasMetUnique)
            let failure: CatalogError
            do throws(CatalogError) {
                let results = try CatalogExecutor.run(job.transaction, on: connection)
                if !connection.isUsable { drop() }
                return .success(results)
            } catch {
                failure = error
            }
            let trouble = connection.trouble
            if !connection.isUsable { drop(because: failure) }
            switch attempts.failed(with: failure, trouble, at: time.monotonic(), dice: random.next()) {
            case .fail(let error): return .failure(error)
            case .again(let pause): if pause > 0, !queue.pause(pause) { return .failure(failure) }
            }
        }
    }

    /// The connection that there is, or a new one, for which it tries as long as the transaction may wait.
    private func connected(until deadline: Instant) throws(CatalogError) -> PostgresConnection {
        if let connection { return connection }
        var backoff = PostgresBackoff()
        while true {
            let why: String
            do throws(PostgresFault) {
                let session = try PostgresSession(library, options, time: time, number: random.next())
                let made = PostgresConnection(session, options, time: time)
                connection = made
                health.connected()
                return made
            } catch {
                why = error.message
            }
            health.unreachable(why)
            let pause = backoff.pause(dice: random.next())
            guard deadline.nanoseconds(since: time.monotonic()) > pause, queue.pause(pause) else {
                throw .unavailable("PostgreSQL cannot be reached: \(why)")
            }
        }
    }

    private func drop(because error: CatalogError? = nil) {
        guard connection != nil else { return }
        connection = nil
        health.disconnected(error?.description)
    }
}

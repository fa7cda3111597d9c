import SQLiteKit
import Seams
import Synchronization
import Vocabulary

@testable import Tenants

/// One or more statements in a work of their own, as a caller that may leave.
final class SQLWork: TenantWork, @unchecked Sendable {
    // @unchecked: guarded by the mutex; `outcome` is written on the tenant's thread and read when the work is released.
    enum Ending: Equatable, Sendable {
        /// The first column of the last row.
        case done(Int64?)
        case failed(SQLFailure)
        case refused(TenantsError)
    }

    /// As a table `c(i)`.
    static func numbers(upTo last: Int) -> String {
        "(WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < \(last)) SELECT i FROM c)"
    }

    static let endless = "(WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c)"

    let cancellation: WorkCancellation? = WorkCancellation()
    var mayBeWithdrawn: Bool { true }
    private let statements: [String]
    private let rights: Rights
    private let deadlineAfter: UInt64
    private var next = 0
    private var outcome = Ending.done(nil)
    private let state = Mutex<(ending: Ending?, waiter: CheckedContinuation<Ending, Never>?)>((nil, nil))

    /// - Parameter deadlineAfter: nanoseconds from the work's beginning.
    convenience init(
        _ statements: String..., rights: Rights = .write, deadlineAfter: UInt64 = 300_000_000_000
    ) {
        self.init(statements: statements, rights: rights, deadlineAfter: deadlineAfter)
    }

    init(statements: [String], rights: Rights, deadlineAfter: UInt64 = 300_000_000_000) {
        self.statements = statements
        self.rights = rights
        self.deadlineAfter = deadlineAfter
    }

    func run(on database: TenantDatabase) -> WorkOutcome {
        let stream = database.temporaryStream(principal: 1)
        defer { database.close(stream) }
        let session = database.session(
            on: stream, rights: rights, deadline: database.now.advanced(byNanoseconds: deadlineAfter))
        do throws(SQLFailure) {
            while next < statements.count {
                try run(statements[next], session)
                next += 1
            }
        } catch .writerBusy {
            return .waitForWriter
        } catch {
            outcome = .failed(error)
        }
        return .done(after: database.newestLSN)
    }

    private func run(_ sql: String, _ session: SQLSession) throws(SQLFailure) {
        let running = try session.start(sql)
        do throws(SQLFailure) {
            while try running.step() { outcome = .done(running.statement.integer(0)) }
        } catch {
            _ = running.finish()
            throw error
        }
        _ = running.finish()
    }

    func refuse(_ error: TenantsError) { end(.refused(error)) }
    func release() { end(outcome) }

    private func end(_ ending: Ending) {
        let waiter = state.withLock { state in
            precondition(state.ending == nil, "a work was ended twice")
            state.ending = ending
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: ending)
    }

    var hasEnded: Bool { state.withLock { $0.ending != nil } }

    @discardableResult
    func ended() async -> Ending {
        await withCheckedContinuation { continuation in
            let known = state.withLock { state in
                if state.ending == nil { state.waiter = continuation }
                return state.ending
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}

/// What several tasks counted and noted.
final class Tally: Sendable {
    private let state = Mutex<(total: Int, notes: [String])>((0, []))
    var total: Int { state.withLock { $0.total } }
    var notes: [String] { state.withLock { $0.notes } }
    func count() { state.withLock { $0.total += 1 } }
    func note(_ text: String) { state.withLock { if $0.notes.count < 20 { $0.notes.append(text) } } }
}

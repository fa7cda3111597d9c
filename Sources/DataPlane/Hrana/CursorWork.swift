package import Hrana
package import Seams
import Synchronization
package import Tenants
import Vocabulary

/// Who takes a cursor's answer, part by part.
package protocol CursorClient: AnyObject, Sendable {
    /// Nobody takes the rows any more. Any thread.
    var isGone: Bool { get }

    /// A part of the answer is in the work and may leave. The work is the client's until it submits it again, for the next
    /// part; after the last (`isLast`) it must not. Also a client that is gone submits it once more: then the statement
    /// ends. On a lane's thread or the journal's.
    func advanced(_ work: CursorWork)

    /// The engine refused the work before anything of it was executed, mere reads apart, or sent. Any thread.
    func notRun(_ work: CursorWork, _ error: TenantsError)
}

/// A batch whose rows go out while they are read, in parts of bounded size.
///
/// Between two parts nothing runs and no thread is held: the statement stays open on a connection that only its stream
/// uses, and the next part is made when the client has taken the one before. Small results, the most frequent, are done
/// in one part on the shared connection. What writes is always run to its end within one part, so that no client holds the
/// write lock by reading slowly; its rows are bounded as a result's are.
package final class CursorWork: TenantWork, SuspendedRead, @unchecked Sendable {
    // @unchecked: `steps`, `stream` and `ended` belong to the tenant's thread; all else is passed from hand to hand,
    // never shared: queues with locks lie between `run`, `advanced` and the next submission.

    private enum Stage {
        case fresh
        /// In the middle of a part, for the writer to end.
        case waiting
        /// Between two parts.
        case suspended
        case over
    }

    package private(set) var answer = HranaAnswer()
    package private(set) var isLast = false
    package var writer: AnswerWriter
    private let context: HranaContext
    private let call: HranaCall
    private let client: any CursorClient
    package let cancellation: WorkCancellation? = WorkCancellation()
    private let hasBegun = Atomic<Bool>(false)
    private var stage = Stage.fresh
    private var isFirstPart = true
    /// Of the baton's text in the first entry.
    private var batonOffset = 0
    /// A step was more than a mere read.
    private var mayHaveChanged = false
    private var partDeadline: Instant

    private var steps: CursorSteps
    private var stream: TenantStream?
    private var ended: HranaError?

    package init(_ call: HranaCall, _ batch: Batch, for client: any CursorClient, _ context: HranaContext) {
        self.call = call
        self.client = client
        self.context = context
        steps = CursorSteps(batch)
        writer = AnswerWriter(call.encoding, capacity: 4096)
        partDeadline = call.deadline
    }

    // MARK: TenantWork

    package var deadline: Instant { partDeadline }

    /// Later parts are needed to end what the first has begun.
    package var mayBeWithdrawn: Bool { !goesOn }
    package var goesOn: Bool { hasBegun.load(ordering: .acquiring) }

    package func run(on database: TenantDatabase) -> WorkOutcome { run(on: database, mayWait: true) }

    package func runWithoutWaiting(on database: TenantDatabase) -> WorkOutcome? { run(on: database, mayWait: false) }

    private func run(on database: TenantDatabase, mayWait: Bool) -> WorkOutcome {
        hasBegun.store(true, ordering: .releasing)
        guard enter(database), let stream else { return .done(after: database.newestLSN) }
        let runner = StatementRunner(
            session: database.session(on: stream, rights: call.rights, deadline: partDeadline), context: context,
            deadline: partDeadline, mayWrite: call.rights == .write, mayWait: mayWait, asked: call.asked)
        defer { if runner.session.mayHaveChanged { mayHaveChanged = true } }
        do throws(StatementStop) {
            let isDone = try steps.fill(&writer, runner)
            guard !runner.session.isCancelled else {
                leaveOff(stream, database)
                return .done(after: database.newestLSN)
            }
            if isFirstPart { completeHead(stream, isDone: isDone) }
            leave(stream, isDone: isDone, database)
            answer.bookmark = database.bookmark
        } catch {
            switch error {
            case .waitForWriter:
                stage = .waiting
                return .waitForWriter
            case .forbidden, .failed, .refused: fail(.writeForbidden, ending: stream, on: database)
            }
        }
        return .done(after: database.newestLSN)
    }

    package func refuse(_ error: TenantsError) {
        switch stage {
        case .fresh: client.notRun(self, error)
        case .waiting where isFirstPart && !mayHaveChanged: client.notRun(self, error)
        case .waiting, .suspended, .over: abort(error)
        }
        stage = .over
    }

    package func release() {
        isFirstPart = false
        client.advanced(self)
    }

    // MARK: Parts

    /// Brings the work to where its statements run.
    ///
    /// - Returns: false if there is nothing to run: the part is made already.
    private func enter(_ database: TenantDatabase) -> Bool {
        switch stage {
        case .waiting: return true
        case .fresh: return begin(on: database)
        case .suspended: return resume(on: database)
        case .over: return false
        }
    }

    private func begin(on database: TenantDatabase) -> Bool {
        guard !client.isGone else { return over() }
        do throws(TransportError) {
            let claimed = try call.claimStream(on: database, isBrief: false, context)
            if let fault = ProtocolCheck.fault(in: steps.batch, stored: claimed.storedSQL, context.limits) {
                fail(TransportError(fault), ending: claimed, on: database)
                return false
            }
            claimed.sequence += 1
            stream = claimed
        } catch {
            write(error, database)
            return over()
        }
        // The baton's place; what it says of the stream is not known before the statements have run.
        batonOffset = writer.cursorHead(baton: call.baton(for: stream!, isClean: true, context))
        return true
    }

    private func resume(on database: TenantDatabase) -> Bool {
        writer.bytes.removeAll(keepingCapacity: true)
        if let ended {
            writer.cursorError(ended)
            return over()
        }
        guard let stream, stream.takeUp(self) else { return over() }
        stream.isInUse = true
        guard !client.isGone else {
            leaveOff(stream, database)
            return false
        }
        partDeadline = context.time.monotonic().advanced(byNanoseconds: call.timeout)
        steps.goOn(until: partDeadline)
        return true
    }

    /// - Returns: false, for brevity.
    private func over() -> Bool {
        stage = .over
        isLast = true
        return false
    }

    private func leave(_ stream: TenantStream, isDone: Bool, _ database: TenantDatabase) {
        database.leave(stream)
        if isDone {
            self.stream = nil
            _ = over()
        } else {
            stream.suspend(self)
            stage = .suspended
        }
    }

    /// The client is gone, and with it whatever could name the stream again.
    private func leaveOff(_ stream: TenantStream, _ database: TenantDatabase) {
        steps.close()
        self.stream = nil
        database.close(stream)
        _ = over()
    }

    /// Corrects the baton in the first line where the stream has state. A stream that is only being read has none when
    /// that is over; of a batch that goes on nobody knows.
    private func completeHead(_ stream: TenantStream, isDone: Bool) {
        // Lines of JSON are no JSON.
        answer.contentType = call.encoding == .protobuf ? "application/octet-stream" : "text/plain"
        guard !(stream.isCleanBesideReading && (isDone || steps.onlyReadOn)) else { return }
        var baton = call.baton(for: stream, isClean: false, context)
        baton.withUTF8 { writer.bytes.overwrite(at: batonOffset, with: UnsafeRawBufferPointer($0)) }
    }

    // MARK: Ends

    package func end(_ reason: SuspensionEnd) {
        steps.close()
        stream = nil
        let code = reason == .expired ? StatementFailure.OwnCode.readExpired : StatementFailure.OwnCode.cursorEnded
        ended = HranaError(reason.message, code: code)
    }

    /// The request as a whole failed, and its stream with it. Once rows have gone out it can only be said in an entry.
    private func fail(_ error: TransportError, ending stream: TenantStream, on database: TenantDatabase) {
        steps.close()
        self.stream = nil
        database.close(stream)
        if isFirstPart {
            write(error, database)
        } else {
            writer.cursorError(HranaError(error.message, code: error.code))
        }
        _ = over()
    }

    private func write(_ error: TransportError, _ database: TenantDatabase) {
        writer.bytes.removeAll(keepingCapacity: true)
        writer.transportError(error)
        answer = HranaAnswer(error, bookmark: database.bookmark)
    }

    /// The engine refused to go on. Its statement, if one is open, ends by idleness or with its stream.
    private func abort(_ error: TenantsError) {
        writer.bytes.removeAll(keepingCapacity: true)
        if isFirstPart {
            writer.transportError(.outcomeUnknown)
            answer = HranaAnswer(.outcomeUnknown)
        } else {
            let shown = TransportError(error)
            writer.cursorError(HranaError(shown.message, code: shown.code))
        }
        isLast = true
        client.advanced(self)
    }
}

extension SuspensionEnd {
    fileprivate var message: String {
        switch self {
        case .nextRequest: "The cursor was ended: the stream's next request came before all rows were read"
        case .expired: "The cursor was ended: its snapshot could not be kept any longer beside what others wrote"
        case .idle: "The cursor was ended: its rows were not read for too long"
        case .closed: "The cursor was ended with its stream or transaction"
        }
    }
}

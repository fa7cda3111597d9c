package import Hrana
package import Seams
package import Tenants
import Vocabulary

/// Who waits for a pipeline's answer.
package protocol PipelineClient: AnyObject, Sendable {
    /// Nobody wants the answer any more: what has not begun need not. Any thread.
    var isGone: Bool { get }

    /// The answer is in the work and may leave. The work is the client's again: it may be read, and then prepared for
    /// another program. On a lane's thread or the journal's.
    func answered(_ work: PipelineWork)

    /// The engine refused the program before anything of it was executed, mere reads apart; there is no answer in the work.
    /// Any thread.
    func notRun(_ work: PipelineWork, _ error: TenantsError)
}

/// A program of requests on one stream, run on its tenant's thread, with its answer written while it runs.
///
/// It keeps its place: where a statement has to wait for another caller's transaction the work stops, and goes on with that
/// same statement when it is run again. A program may be prepared after the one before was answered; its buffers stay.
package final class PipelineWork: TenantWork, @unchecked Sendable {
    // @unchecked: passed from hand to hand, never shared: `prepare` on the client's side, `run` on the tenant's thread,
    // `answered` on the client's side again; queues with locks lie between.

    /// How the answer looks.
    package enum Form: Sendable {
        /// `{"baton", "base_url", "results"}`.
        case pipeline
        /// One result or the error of one request, on a stream for it alone.
        case version1
    }

    /// What a request that can stop half-way has done so far.
    enum Progress {
        case none
        case batch(BatchProgress)
        case script(ScriptProgress)
    }

    /// Buffers that grew beyond this are not kept for the next program.
    private static let keptBytes = 16 << 10

    package private(set) var answer = HranaAnswer()
    package var writer = AnswerWriter()
    let context: HranaContext
    package let cancellation: WorkCancellation? = WorkCancellation()
    private(set) var call: HranaCall
    private(set) var form = Form.pipeline
    private(set) var requests: [StreamRequest] = []
    private var client: (any PipelineClient)?

    private(set) var stream: TenantStream?
    private var next = 0
    var progress = Progress.none
    /// A step of the program was more than a mere read.
    private var mayHaveChanged = false
    /// Where the current request's result begins in the writer.
    private var mark = 0
    var key: IdempotencyKey?
    /// The transaction of a program under a key.
    var once: OnceTransaction?

    package init(_ call: HranaCall, _ context: HranaContext) {
        self.call = call
        self.context = context
    }

    /// Makes it ready to be submitted.
    ///
    /// - Precondition: it is new, or the program before was answered.
    package func prepare(
        _ call: HranaCall, form: Form, requests: [StreamRequest], under key: IdempotencyKey? = nil,
        for client: any PipelineClient
    ) {
        precondition(self.client == nil && stream == nil, "the program before is not answered yet")
        self.call = call
        self.form = form
        self.requests = requests
        self.key = key
        once = nil
        self.client = client
        cancellation?.renew()
        answer = HranaAnswer()
        next = 0
        progress = .none
        mayHaveChanged = false
        writer.restart(call.encoding)
    }

    /// The answer was copied: what an idle connection should not hold goes.
    package func forget() { writer.bytes.removeAll(keepingCapacity: writer.bytes.capacity <= Self.keptBytes) }

    // MARK: TenantWork

    package var deadline: Instant { call.deadline }

    /// It waits in the mailbox only before anything of it has run.
    package var mayBeWithdrawn: Bool { true }

    package func run(on database: TenantDatabase) -> WorkOutcome { run(on: database, mayWait: true) }

    package func runWithoutWaiting(on database: TenantDatabase) -> WorkOutcome? { run(on: database, mayWait: false) }

    private func run(on database: TenantDatabase, mayWait: Bool) -> WorkOutcome {
        guard stream != nil || begin(on: database), let stream else { return .done(after: database.newestLSN) }
        let session = database.session(on: stream, rights: call.rights, deadline: call.deadline)
        defer { if session.mayHaveChanged { mayHaveChanged = true } }
        let runner = StatementRunner(
            session: session, context: context, deadline: call.deadline, mayWrite: call.rights == .write,
            mayWait: mayWait, asked: call.asked, once: once)
        do throws(StatementStop) {
            if next == 0, try isDoneBefore(runner) {
                close(stream, on: database)
                return .done(after: database.newestLSN)
            }
            while next < requests.count, !session.isCancelled {
                try run(requests[next], runner)
                next += 1
            }
            if session.isCancelled { leaveOff(stream, on: database) } else { try finish(stream, runner, on: database) }
        } catch {
            switch error {
            case .waitForWriter: return .waitForWriter
            case .forbidden: fail(.writeForbidden, ending: stream, on: database)
            case .refused(let error): fail(error, ending: stream, on: database)
            case .failed(let error): failVersion1(error, stream, on: database)
            }
        }
        return .done(after: database.newestLSN)
    }

    package func refuse(_ error: TenantsError) {
        guard let client = takeClient() else { return }
        stream = nil
        guard !mayHaveChanged, !hasEnded else {
            // It stopped half-way, or had ended and waited for the disk: nobody can tell what of it lasts.
            write(.outcomeUnknown)
            return client.answered(self)
        }
        // What it has read goes nowhere, and its stream went with its database: it can be run again, here or elsewhere.
        client.notRun(self, error)
    }

    private var hasEnded: Bool { answer != HranaAnswer() }

    package func release() { takeClient()?.answered(self) }

    private func takeClient() -> (any PipelineClient)? {
        defer { client = nil }
        requests.removeAll(keepingCapacity: true)
        key = nil
        return client
    }

    // MARK: Beginning and end

    /// - Returns: false if there is an answer already, or nobody to hear one.
    private func begin(on database: TenantDatabase) -> Bool {
        if client?.isGone ?? true { return false }
        do throws(TransportError) {
            if try isDoneBefore(database) { return false }
            let claimed = try call.claimStream(on: database, isBrief: isBrief || isOnce, context)
            if let fault = ProtocolCheck.fault(in: requests, stored: claimed.storedSQL, context.limits) {
                fail(TransportError(fault), ending: claimed, on: database)
                return false
            }
            stream = claimed
        } catch {
            write(error, bookmark: database.bookmark)
            return false
        }
        if form == .pipeline { writer.startPipeline() } else { writer.startVersion1() }
        return true
    }

    /// One statement and the end of the stream: the whole program of clients that keep no streams.
    private var isBrief: Bool {
        guard let first = requests.first, endsStream, requests.count <= 2 else { return false }
        switch first {
        case .execute, .describe: return true
        default: return false
        }
    }

    /// The program is a transaction of the server's: its answer is kept under a key, or it carries claims.
    var isOnce: Bool { key != nil || !call.claims.isEmpty }

    var endsStream: Bool { form == .version1 || requests.last == .close }

    private func finish(
        _ stream: TenantStream, _ runner: StatementRunner, on database: TenantDatabase
    ) throws(StatementStop) {
        if endsStream {
            if form == .version1 { writer.finishVersion1() } else { writer.finishPipeline(baton: nil) }
            try once?.end(&key, claims: call.claims, answer: writer.bytes.bytes, runner)
            return close(stream, on: database)
        }
        self.stream = nil
        stream.sequence += 1
        database.leave(stream)
        writer.finishPipeline(baton: call.baton(for: stream, isClean: stream.isClean, context))
        tell(database)
    }

    /// The answer is whole, and its stream ends with it.
    private func close(_ stream: TenantStream, on database: TenantDatabase) {
        self.stream = nil
        database.close(stream)
        tell(database)
    }

    func tell(_ database: TenantDatabase) {
        answer.bookmark = database.bookmark
        if call.encoding == .protobuf { answer.contentType = "application/x-protobuf" }
    }

    /// The client is gone, and with it whatever could name the stream again.
    private func leaveOff(_ stream: TenantStream, on database: TenantDatabase) {
        self.stream = nil
        database.close(stream)
    }

    /// The request as a whole failed, and its stream with it.
    private func fail(_ error: TransportError, ending stream: TenantStream, on database: TenantDatabase) {
        self.stream = nil
        database.close(stream)
        write(error, bookmark: database.bookmark)
    }

    /// Version 1 says in its status what later versions say in a result.
    private func failVersion1(_ error: HranaError, _ stream: TenantStream, on database: TenantDatabase) {
        self.stream = nil
        database.close(stream)
        writer.bytes.removeAll(keepingCapacity: true)
        writer.error(error)
        answer.status = StatementFailure.version1Status(of: error)
        answer.bookmark = database.bookmark
    }

    private func write(_ error: TransportError, bookmark: Bookmark? = nil) {
        writer.bytes.removeAll(keepingCapacity: true)
        writer.transportError(error)
        answer = HranaAnswer(error, bookmark: bookmark)
    }

    // MARK: Requests

    /// Runs one request and writes its result, or goes on with it.
    ///
    /// - Throws: what ends or stops the whole program. In version 1 every failure does.
    private func run(_ request: StreamRequest, _ runner: StatementRunner) throws(StatementStop) {
        if case .none = progress { mark = writer.bytes.count }
        do throws(StatementStop) {
            try perform(request, runner)
            progress = .none
        } catch {
            guard case .failed(let failure) = error, form == .pipeline else {
                if case .none = progress { writer.bytes.truncate(to: mark) }
                throw error
            }
            progress = .none
            once?.noteFailed(failure)
            writer.bytes.truncate(to: mark)
            writer.errorResult(failure)
        }
    }

    /// Around the result of an execute, a batch or a describe.
    func startResult(of kind: StreamRequestKind) {
        if form == .pipeline { writer.startResult(of: kind) }
    }

    func finishResult() {
        if form == .pipeline { writer.finishResult() }
    }
}

import Access
import DataPlane
import Foundation
import Hrana
import Journal
import Seams
import Synchronization
import Tenants
import Vocabulary

/// An engine in a folder of its own with one tenant, and programs run on it as the door would, without HTTP.
final class HranaHouse: @unchecked Sendable {
    static let tenant = TenantID(1000)

    let directory: String
    private(set) var engine: TenantEngine
    private(set) var context: HranaContext
    private let adjust: (inout EngineSettings, inout ExecutionLimits) -> Void

    init(
        schema: String = "CREATE TABLE t(id INTEGER PRIMARY KEY, v)",
        _ adjust: @escaping (inout EngineSettings, inout ExecutionLimits) -> Void = { _, _ in }
    ) async throws {
        directory = NSTemporaryDirectory() + "rowhouse-hrana-" + UUID().uuidString
        self.adjust = adjust
        (engine, context) = try Self.start(directory, incarnation: 1, adjust)
        try await create(Self.tenant, schema)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    private static func start(
        _ directory: String, incarnation: UInt64, _ adjust: (inout EngineSettings, inout ExecutionLimits) -> Void
    ) throws -> (TenantEngine, HranaContext) {
        var settings = EngineSettings(directory: directory)
        var limits = ExecutionLimits()
        settings.transactionBytes = 16 << 20
        // Tests run beside each other on few cores: no transaction is to look old by accident.
        settings.transactionWait = 60_000_000_000
        adjust(&settings, &limits)
        var options = JournalOptions()
        options.segmentBytes = 4 << 20
        options.journalBytes = 64 << 20
        options.transactionBytes = 16 << 20
        options.ballastBytes = 1 << 20
        let start = EngineStart(
            settings: settings, journalOptions: options, files: PosixFiles(), time: SystemTime(), random: SystemRandom()
        )
        let engine = try start.run(progress: { _ in }, onFatal: { error in fatalError("\(error)") })
        let seal = BatonSeal(key: try ClusterKey(Array("a key for tests, long enough for it".utf8)))
        return (engine, HranaContext(seal: seal, incarnation: incarnation, time: SystemTime(), limits: limits))
    }

    func create(_ tenant: TenantID, _ schema: String = "CREATE TABLE t(id INTEGER PRIMARY KEY, v)") async throws {
        try await engine.create(tenant, template: try engine.templates.make(sql: schema), epoch: .first)
    }

    func restart() throws {
        try engine.shutdown()
        (engine, context) = try Self.start(directory, incarnation: context.incarnation + 1, adjust)
    }

    func stop() throws { try engine.shutdown() }

    // MARK: Calls

    struct Caller: Sendable {
        var tenant = HranaHouse.tenant
        var principal: UInt64 = 7
        var rights = Rights.write
        /// Milliseconds.
        var timeout: UInt64 = 20_000
        var bookmark: Bookmark?
        /// The client is gone before the program begins.
        var isGone = false
    }

    func call(_ caller: Caller) -> HranaCall {
        HranaCall(
            tenant: caller.tenant, principal: caller.principal, rights: caller.rights,
            deadline: context.time.monotonic().advanced(byNanoseconds: caller.timeout * 1_000_000),
            timeout: caller.timeout * 1_000_000, bookmark: caller.bookmark)
    }

    /// Begins a statement that runs until its client leaves, or for two minutes.
    func beginEndless() throws -> EndlessRead {
        let sql = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c"
        let request = try decode("{\"requests\":[\(Self.execute(sql))]}") { bytes throws(HranaDecodingError) in
            try HranaDecoder(version: .three).pipeline(bytes)
        }
        return EndlessRead(call(Caller(timeout: 120_000)), request.requests, self)
    }

    /// The body of a `v3/pipeline`, run.
    func pipeline(_ body: String, _ caller: Caller = Caller(), version: HranaVersion = .three) async -> Reply {
        do {
            let request = try decode(body) { bytes throws(HranaDecodingError) in
                try HranaDecoder(version: version).pipeline(bytes)
            }
            var call = call(caller)
            if let baton = request.baton { try call.take(baton: baton, context) }
            return await run(call, .pipeline, request.requests, isGone: caller.isGone)
        } catch {
            return Reply(error)
        }
    }

    /// Requests on a stream, each given as JSON.
    func ask(_ baton: String?, _ requests: String..., as caller: Caller = Caller()) async -> Reply {
        let baton = baton.map { "\"\($0)\"" } ?? "null"
        return await pipeline("{\"baton\":\(baton),\"requests\":[\(requests.joined(separator: ","))]}", caller)
    }

    /// One statement on a stream that lives on.
    func execute(_ sql: String, on baton: String? = nil, as caller: Caller = Caller()) async -> Reply {
        await ask(baton, Self.execute(sql), as: caller)
    }

    func version1(execute body: String, _ caller: Caller = Caller()) async -> Reply {
        do {
            let statement = try decode(body) { bytes throws(HranaDecodingError) in
                try HranaDecoder(version: .one).execute(bytes)
            }
            return await run(call(caller), .version1, [.execute(statement)])
        } catch {
            return Reply(error)
        }
    }

    func version1(batch body: String, _ caller: Caller = Caller()) async -> Reply {
        do {
            let batch = try decode(body) { bytes throws(HranaDecodingError) in
                try HranaDecoder(version: .one).batch(bytes)
            }
            return await run(call(caller), .version1, [.batch(batch)])
        } catch {
            return Reply(error)
        }
    }

    func run(
        _ call: HranaCall, _ form: PipelineWork.Form, _ requests: [StreamRequest], isGone: Bool = false
    ) async -> Reply {
        await withCheckedContinuation { continuation in
            let work = PipelineWork(call, context)
            work.prepare(
                call, form: form, requests: requests, for: Waiter(continuation, isGone: isGone))
            engine.submit(work, to: call.tenant)
        }
    }

    /// Begins a cursor; its parts come when they are asked for.
    func cursor(_ body: String, _ caller: Caller = Caller()) throws -> SlowReader {
        let request = try decode(body) { bytes throws(HranaDecodingError) in
            try HranaDecoder(version: .three).cursor(bytes)
        }
        var call = call(caller)
        if let baton = request.baton { try call.take(baton: baton, context) }
        return SlowReader(call, request.batch, self)
    }

    func decode<Message>(
        _ body: String, _ decode: (UnsafeRawBufferPointer) throws(HranaDecodingError) -> Message
    ) throws(TransportError) -> Message {
        let result: Result<Message, HranaDecodingError> = body.withRawUTF8 { bytes in
            do throws(HranaDecodingError) { return .success(try decode(bytes)) } catch { return .failure(error) }
        }
        do throws(HranaDecodingError) { return try result.get() } catch { throw TransportError(error) }
    }

    static func execute(_ sql: String) -> String { #"{"type":"execute","stmt":{"sql":\#(quoted(sql))}}"# }

    static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.string(text)
        return String(decoding: writer.bytes.bytes, as: UTF8.self)
    }
}

private final class Waiter: PipelineClient {
    let isGone: Bool
    private let continuation: CheckedContinuation<Reply, Never>

    init(_ continuation: CheckedContinuation<Reply, Never>, isGone: Bool) {
        self.continuation = continuation
        self.isGone = isGone
    }

    func answered(_ work: PipelineWork) {
        continuation.resume(
            returning: Reply(work.answer, String(decoding: work.writer.bytes.bytes, as: UTF8.self)))
    }

    func notRun(_ work: PipelineWork, _ error: TenantsError) {
        continuation.resume(returning: Reply(TransportError(error)))
    }
}

/// A statement that runs until its client leaves.
final class EndlessRead: PipelineClient {
    private enum State {
        case running(CheckedContinuation<Reply, Never>?)
        case over(Reply)
    }

    private let work: PipelineWork
    private let house: HranaHouse
    private let state = Mutex(State.running(nil))

    fileprivate init(_ call: HranaCall, _ requests: [StreamRequest], _ house: HranaHouse) {
        self.house = house
        work = PipelineWork(call, house.context)
        work.prepare(call, form: .pipeline, requests: requests, for: self)
        house.engine.submit(work, to: call.tenant)
    }

    let isGone = false
    func leave() { house.engine.cancel(work, of: HranaHouse.tenant) }

    /// To be asked for once.
    var reply: Reply {
        get async {
            await withCheckedContinuation { continuation in
                let known: Reply? = state.withLock { state in
                    if case .over(let reply) = state { return reply }
                    state = .running(continuation)
                    return nil
                }
                if let known { continuation.resume(returning: known) }
            }
        }
    }

    func answered(_ work: PipelineWork) {
        end(Reply(work.answer, String(decoding: work.writer.bytes.bytes, as: UTF8.self)))
    }

    func notRun(_ work: PipelineWork, _ error: TenantsError) { end(Reply(TransportError(error))) }

    private func end(_ reply: Reply) {
        let waiter: CheckedContinuation<Reply, Never>? = state.withLock { state in
            guard case .running(let waiter) = state else { return nil }
            state = .over(reply)
            return waiter
        }
        waiter?.resume(returning: reply)
    }
}

/// Takes a cursor's parts one by one, as slowly as a test likes.
final class SlowReader: CursorClient, @unchecked Sendable {
    // @unchecked: `work` is set before anything runs, `text` belongs to the test.
    private struct State {
        var isGone = false
        var isDone = false
        var waiter: CheckedContinuation<Reply, Never>?
    }

    private var work: CursorWork!
    private let house: HranaHouse
    private let tenant: TenantID
    private let state = Mutex(State())
    private(set) var text = ""

    init(_ call: HranaCall, _ batch: Batch, _ house: HranaHouse) {
        self.house = house
        tenant = call.tenant
        work = CursorWork(call, batch, for: self, house.context)
    }

    var isGone: Bool { state.withLock { $0.isGone } }
    var isDone: Bool { state.withLock { $0.isDone } }
    func leave() { state.withLock { $0.isGone = true } }

    /// The next part.
    @discardableResult
    func part() async -> Reply {
        let reply = await withCheckedContinuation { continuation in
            state.withLock { $0.waiter = continuation }
            house.engine.submit(work, to: tenant)
        }
        text += reply.body
        return reply
    }

    /// All that is left.
    func rest() async {
        while !isDone { await part() }
    }

    /// Every entry so far, the first line too.
    var entries: [JSON] { text.split(separator: "\n").map { JSON(String($0)) } }

    func advanced(_ work: CursorWork) {
        finish(Reply(work.answer, String(decoding: work.writer.bytes.bytes, as: UTF8.self)), isLast: work.isLast)
    }

    func notRun(_ work: CursorWork, _ error: TenantsError) {
        finish(Reply(TransportError(error)), isLast: true)
    }

    private func finish(_ reply: Reply, isLast: Bool) {
        let waiter = state.withLock { state in
            state.isDone = isLast
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: reply)
    }
}

import CPostgres
import Glibc
import Seams
import Vocabulary

/// One connection to a server: sends, and waits for answers with a deadline. Used by one thread at a time.
final class PostgresSession {
    /// What a wait lasts beyond the server's own limit, which should come first: the connection then goes on.
    static let grace: UInt64 = 2_000_000_000
    /// Milliseconds of one wait for the socket.
    private static let look: UInt64 = 20

    private let calls: rh_pq
    private let handle: OpaquePointer
    private let time: any TimeSource
    private let notices: UnsafeMutablePointer<Int>
    private(set) var isBroken = false
    /// What tells this session from all others, ours included.
    let mark: String

    /// Connects, trying each host for as long as the options say, and makes the session one of ours.
    ///
    /// - Parameter number: random.
    /// - Throws: `PostgresFault`.
    init(
        _ library: LibPQ, _ options: PostgresOptions, time: any TimeSource, number: UInt64
    ) throws(PostgresFault) {
        mark = String(number, radix: 16)
        calls = library.calls
        self.time = time
        notices = .allocate(capacity: 1)
        notices.initialize(to: 0)
        guard let handle = Self.connect(library, options) else {
            notices.deallocate()
            throw .lost("out of memory")
        }
        self.handle = handle
        _ = calls.setNotice(handle, noticed, notices)
        do throws(PostgresFault) {
            guard calls.status(handle) == Int32(RH_PQ_OK), calls.setNonblocking(handle, 1) == 0 else {
                throw .lost(LibPQ.line(calls.message(handle)))
            }
            let fsync = try ask(PostgresSetup.sql(options, mark: mark), atMost: options.statementTimeout)
            // Of the server that it is now: another one may have been asked at start.
            guard fsync != "off" else { throw .lost("fsync is off there, so a crash of its machine loses commits") }
        } catch {
            isBroken = true
            throw error
        }
    }

    deinit {
        calls.finish(handle)
        notices.deallocate()
    }

    /// Blocks for at most the connect timeout for each address of each host.
    private static func connect(_ library: LibPQ, _ options: PostgresOptions) -> OpaquePointer? {
        let said = (try? library.parameters(of: options.connection))?["connect_timeout"]
        let parameters = PostgresSetup.parameters(options, connectTimeout: said)
        let names = parameters.map { strdup($0.name) }
        let values = parameters.map { strdup($0.value) }
        defer { for text in names + values { free(text) } }
        let namePointers = names.map { UnsafePointer($0) } + [nil]
        let valuePointers = values.map { UnsafePointer($0) } + [nil]
        return library.calls.connect(namePointers, valuePointers, 1)
    }

    /// Warnings and notices that the server has sent so far.
    var noticeCount: Int { notices.pointee }

    var isInTransaction: Bool { calls.transaction(handle) != Int32(RH_PQ_IDLE) }

    /// Runs SQL without arguments, several statements perhaps.
    ///
    /// - Parameter limit: nanoseconds, to which the grace is added.
    /// - Returns: the last statement's command, such as `COMMIT`.
    @discardableResult
    func run(_ sql: String, atMost limit: UInt64) throws(PostgresFault) -> String {
        let deadline = deadline(limit)
        try sent(calls.send(handle, sql))
        return try last(by: deadline).command
    }

    /// The same, for the last statement's only value; nil for NULL.
    func ask(_ sql: String, atMost limit: UInt64) throws(PostgresFault) -> String? {
        let deadline = deadline(limit)
        try sent(calls.send(handle, sql))
        return try last(by: deadline).text
    }

    /// Makes sure that it is still the session that was set up: behind a pooler that lends them out it may be another.
    ///
    /// - Parameter begin: what begins the transaction.
    func begin(_ begin: String, atMost limit: UInt64) throws(PostgresFault) {
        guard try ask("\(begin); \(PostgresSetup.marked)", atMost: limit) == mark else {
            throw broken("the session is not the one that was set up; a pooler between must keep sessions together")
        }
    }

    func prepare(_ name: String, _ sql: String, types: [UInt32], atMost limit: UInt64) throws(PostgresFault) {
        let deadline = deadline(limit)
        try sent(calls.sendPrepare(handle, name, sql, Int32(types.count), types))
        _ = try last(by: deadline)
    }

    func execute(
        _ name: String, _ arguments: PostgresArguments, atMost limit: UInt64
    ) throws(PostgresFault) -> PostgresResult {
        let deadline = deadline(limit)
        let count = Int32(arguments.types.count)
        let formats = [Int32](repeating: 1, count: arguments.types.count)
        try sent(
            arguments.withPointers { values in
                calls.sendPrepared(handle, name, count, values, arguments.lengths, formats, 1)
            })
        return try last(by: deadline)
    }

    private func deadline(_ limit: UInt64) -> Instant {
        time.monotonic().advanced(byNanoseconds: limit).advanced(byNanoseconds: Self.grace)
    }

    private func sent(_ outcome: Int32) throws(PostgresFault) {
        guard outcome == 1 else { throw broken(LibPQ.line(calls.message(handle))) }
    }

    private func broken(_ why: String) -> PostgresFault {
        isBroken = true
        return .lost(why.isEmpty ? "the connection was lost" : why)
    }

    /// Waits for all results of what was sent, of which the last one, or the first that is an error, counts.
    private func last(by deadline: Instant) throws(PostgresFault) -> PostgresResult {
        try flush(by: deadline)
        var fault: PostgresFault?
        var found: PostgresResult?
        while let handle = try next(by: deadline) {
            let result = PostgresResult(calls, handle)
            if fault == nil { fault = result.fault }
            found = consume result
        }
        if case .lost(let why)? = fault { throw broken(why) }
        if case .server(let state, let why)? = fault, state.endsConnection { throw broken("\(why) (\(state.code))") }
        if let fault { throw fault }
        guard let found = found.take() else { throw broken("") }
        return found
    }

    private func flush(by deadline: Instant) throws(PostgresFault) {
        while true {
            switch calls.flush(handle) {
            case 0: return
            case 1:
                // The server may have to send before it takes more.
                let ready = try wait(for: Int16(POLLIN | POLLOUT), until: deadline)
                if ready & Int16(POLLIN) != 0 { try consume() }
            default: throw broken(LibPQ.line(calls.message(handle)))
            }
        }
    }

    /// - Returns: nil when the exchange is over.
    private func next(by deadline: Instant) throws(PostgresFault) -> OpaquePointer? {
        while calls.isBusy(handle) == 1 {
            // Looked for also where the socket is silent: TLS may hold back the rest of what it has read.
            _ = try wait(for: Int16(POLLIN), until: deadline)
            try consume()
        }
        return calls.result(handle)
    }

    private func consume() throws(PostgresFault) {
        guard calls.consume(handle) == 1 else { throw broken(LibPQ.line(calls.message(handle))) }
    }

    /// - Returns: what is ready; 0 after a short while without anything.
    private func wait(for events: Int16, until deadline: Instant) throws(PostgresFault) -> Int16 {
        while true {
            let left = deadline.nanoseconds(since: time.monotonic())
            guard left > 0 else { throw broken("no answer in time") }
            var descriptor = pollfd(fd: calls.socket(handle), events: events, revents: 0)
            guard descriptor.fd >= 0 else { throw broken(LibPQ.line(calls.message(handle))) }
            let ready = poll(&descriptor, 1, Int32(clamping: min(left / 1_000_000 + 1, Self.look)))
            if ready >= 0 { return ready > 0 ? descriptor.revents : 0 }
            if ready < 0, errno != EINTR { throw broken("poll failed with \(errno)") }
        }
    }
}

/// At file level: one formed in isolated code would trap on another thread. Without it libpq writes to standard error.
private func noticed(_ context: UnsafeMutableRawPointer?, _ notice: OpaquePointer?) {
    context?.assumingMemoryBound(to: Int.self).pointee += 1
}

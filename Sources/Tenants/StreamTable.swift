import Seams

/// What a baton says of its stream; the seal on it was checked at the door.
package struct StreamTicket: Sendable {
    package var stream: UInt64
    package var sequence: UInt64
    package var principal: UInt64
    /// The stream had no state when the baton was given: it can be opened again anywhere.
    package var isClean: Bool

    package init(stream: UInt64, sequence: UInt64, principal: UInt64, isClean: Bool) {
        self.stream = stream
        self.sequence = sequence
        self.principal = principal
        self.isClean = isClean
    }
}

package enum StreamError: Error, Equatable, Sendable {
    /// An earlier request had this baton already, or one is running with it now.
    case alreadyUsed
    /// The stream waited too long and was ended; its transaction was rolled back.
    case expired
    /// No such stream, or somebody else's.
    case invalid
    case tooMany
}

/// The streams of one tenant, bounded; remembers for a while which ones it ended. On the tenant's thread.
final class StreamTable {
    /// How long, and of how many, an expired stream is remembered, so that its client is told the right thing.
    private static let memory: UInt64 = 300_000_000_000
    private static let remembered = 256

    private var streams: [UInt64: TenantStream] = [:]
    private var expired: [(id: UInt64, at: Instant)] = []
    private let limit: Int
    private let nodeCount: StreamCount
    private let nodeLimit: Int

    init(limit: Int, nodeCount: StreamCount, nodeLimit: Int) {
        self.limit = limit
        self.nodeCount = nodeCount
        self.nodeLimit = nodeLimit
    }

    deinit { nodeCount.add(-streams.count) }

    var all: Dictionary<UInt64, TenantStream>.Values { streams.values }
    var isEmpty: Bool { streams.isEmpty }

    func open(id: UInt64, principal: UInt64, now: Instant) throws(StreamError) -> TenantStream {
        try makeRoom()
        let stream = TenantStream(id: id, principal: principal, now: now)
        stream.isInUse = true
        insert(stream)
        return stream
    }

    func resume(_ ticket: StreamTicket, now: Instant) throws(StreamError) -> TenantStream {
        guard let stream = streams[ticket.stream] else { return try reopen(ticket, now: now) }
        guard stream.principal == ticket.principal else { throw .invalid }
        guard !stream.isInUse, stream.sequence == ticket.sequence else { throw .alreadyUsed }
        stream.isInUse = true
        return stream
    }

    func remove(_ stream: TenantStream) {
        guard streams.removeValue(forKey: stream.id) != nil else { return }
        nodeCount.add(-1)
    }

    /// Streams that have waited too long: those in a transaction sooner than idle ones.
    func overdue(now: Instant, idle: UInt64, transactionIdle: UInt64) -> [TenantStream] {
        streams.values.filter { stream in
            guard !stream.isInUse else { return false }
            let limit = stream.transactionStarted == nil ? idle : transactionIdle
            return now.nanoseconds(since: stream.lastUse) >= limit
        }
    }

    /// Streams whose open statement nobody has read on for too long.
    func abandoned(now: Instant, idle: UInt64) -> [TenantStream] {
        streams.values.filter { $0.suspended != nil && now.nanoseconds(since: $0.lastUse) >= idle }
    }

    func noteExpiry(of stream: TenantStream, now: Instant) {
        expired.removeAll { now.nanoseconds(since: $0.at) > Self.memory }
        if expired.count >= Self.remembered { expired.removeFirst() }
        expired.append((stream.id, now))
    }

    private func reopen(_ ticket: StreamTicket, now: Instant) throws(StreamError) -> TenantStream {
        if !ticket.isClean {
            throw expired.contains { $0.id == ticket.stream } ? .expired : .invalid
        }
        try makeRoom()
        let stream = TenantStream(id: ticket.stream, principal: ticket.principal, now: now)
        stream.sequence = ticket.sequence
        stream.isInUse = true
        insert(stream)
        return stream
    }

    private func insert(_ stream: TenantStream) {
        streams[stream.id] = stream
        nodeCount.add(1)
    }

    /// A clean stream that nobody is using makes room: its baton opens it again.
    private func makeRoom() throws(StreamError) {
        guard streams.count >= limit || nodeCount.value >= nodeLimit else { return }
        let idle = streams.values.filter { !$0.isInUse && $0.isClean }
        guard let oldest = idle.min(by: { $0.lastUse < $1.lastUse }) else { throw .tooMany }
        remove(oldest)
    }
}

import Access
package import Seams
package import Tenants
package import Vocabulary

/// Who runs a program where, and until when: everything but the program.
package struct HranaCall: Sendable {
    package var tenant: TenantID
    /// `Authority.principal`.
    package var principal: UInt64
    package var rights: Rights
    package var deadline: Instant
    /// Nanoseconds, from which `deadline` was made: each part of a cursor has as long again.
    package var timeout: UInt64
    /// Where the request says how long it may take: nanoseconds that each of its statements may run. 0 where it does not.
    package var asked: UInt64 = 0
    /// The stream to go on with; nil for a new one.
    package var ticket: StreamTicket?
    package var encoding = AnswerEncoding.json
    /// The caller has seen this and must not see anything older.
    package var bookmark: Bookmark?
    /// Digests of the claims' tokens that the write carries: held by the tenant with what it commits.
    package var claims: [[UInt8]] = []

    package init(
        tenant: TenantID, principal: UInt64, rights: Rights, deadline: Instant, timeout: UInt64,
        ticket: StreamTicket? = nil, bookmark: Bookmark? = nil
    ) {
        self.tenant = tenant
        self.principal = principal
        self.rights = rights
        self.deadline = deadline
        self.timeout = timeout
        self.ticket = ticket
        self.bookmark = bookmark
    }
}

extension HranaCall {
    /// Opens the baton that the client sent.
    ///
    /// - Throws: `batonInvalid` for one that was not given to this principal for this tenant; `streamExpired` for a stream
    ///   with state in a process that is gone.
    package mutating func take(baton text: String, _ context: HranaContext) throws(TransportError) {
        guard let baton = Baton(text, openedBy: context.seal), baton.tenant == tenant, baton.principal == principal
        else { throw .batonInvalid }
        guard baton.isClean || baton.incarnation == context.incarnation else { throw .streamExpired }
        ticket = StreamTicket(
            stream: baton.stream, sequence: baton.sequence, principal: principal, isClean: baton.isClean)
    }

    /// The baton for the stream's next request. Always of the same length.
    ///
    /// - Parameter isClean: what `TenantStream.isClean` says, or will say once the stream is read to its end.
    func baton(for stream: TenantStream, isClean: Bool, _ context: HranaContext) -> String {
        Baton(
            stream: stream.id, sequence: stream.sequence, tenant: tenant, principal: principal, isClean: isClean,
            incarnation: context.incarnation
        ).sealed(by: context.seal)
    }

    /// The stream that the program runs on, taken (`isInUse`). Nothing has run when this throws.
    ///
    /// - Parameter isBrief: the program cannot stop half-way with anything in its hands, and the stream ends with it: then
    ///   it needs no place in the tenant's table.
    func claimStream(
        on database: TenantDatabase, isBrief: Bool, _ context: HranaContext
    ) throws(TransportError) -> TenantStream {
        guard context.time.monotonic() < deadline else { throw .deadlineExceeded }
        if let bookmark, database.bookmark < bookmark { throw .bookmarkMismatch }
        do throws(StreamError) {
            if let ticket { return try database.resumeStream(ticket) }
            if isBrief { return database.temporaryStream(principal: principal) }
            return try database.openStream(principal: principal)
        } catch {
            throw TransportError(error)
        }
    }
}

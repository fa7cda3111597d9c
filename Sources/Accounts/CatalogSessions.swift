package import Access
package import Catalog
package import Seams
package import Vocabulary

/// Sessions as the catalog has them, for those who let requests in.
package struct CatalogSessions: SessionSource {
    /// Nanoseconds for which a session is remembered at most: so long a tenant that came or went may not be noticed where a request
    /// names none.
    static let longest: UInt64 = 30_000_000_000

    private let rows: SessionRows
    private let time: any TimeSource
    private let slides: AsyncStream<SessionRow>.Continuation
    private let sliding: AsyncStream<SessionRow>

    package init(store: CatalogStore, time: any TimeSource) {
        rows = SessionRows(store)
        self.time = time
        (sliding, slides) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(4096))
    }

    package func session(of digest: [UInt8]) async throws(AccessError) -> SessionGrant? {
        let found: SessionRows.Known?
        do throws(CatalogError) { found = try await rows.lookUp(digest) } catch { throw .catalogUnavailable }
        guard let found else { return nil }
        guard found.session.revoked == nil, found.userState == .active else { throw .tokenInvalid }
        let now = time.wall()
        guard now < found.session.expires else { throw .tokenExpired }
        if let idle = found.session.idle, found.session.expires < found.session.ends,
            now.milliseconds - found.session.slid.milliseconds >= idle / 8
        {
            // Later, and if too many wait at a later look: nobody waits for it.
            slides.yield(found.session)
        }
        return SessionGrant(found)
    }

    /// Puts the ends of used sessions off, until the task is cancelled.
    package func run() async {
        for await row in sliding { try? await rows.slide(row, at: time.wall()) }
    }
}

extension SessionGrant {
    convenience init(_ known: SessionRows.Known) {
        let session = known.session
        let reached = known.memberships.filter { session.tenant == nil || $0.tenant == session.tenant }
        // Often enough that use is noticed before the session ends for want of it.
        let idle = session.idle.map { UInt64(max(0, $0)) * 1_000_000 / 4 } ?? .max
        self.init(
            id: session.id, user: session.user,
            memberships: reached.map { one in
                Membership(
                    tenant: one.tenant, key: one.key,
                    level: AccessLevel(min(one.role, session.role ?? .admin)), isUsable: one.isUsable)
            }, expires: session.expires, keep: min(CatalogSessions.longest, idle))
    }
}

extension AccessLevel {
    package init(_ role: MemberRole) {
        switch role {
        case .ro: self = .read
        case .rw: self = .write
        case .admin: self = .ddl
        }
    }
}

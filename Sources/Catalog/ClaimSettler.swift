package import Seams
package import Vocabulary

/// What a tenant knows of a claim's token, asked of the node that owns it. Every answer is durable there.
package protocol ClaimKeeper: Sendable {
    /// Whether a write has carried it; where none has, none will from now on.
    ///
    /// - Returns: false where it is refused.
    func settle(_ token: [UInt8], of tenant: TenantID) async throws -> Bool
    /// Whether a write has carried it so far; nil where it is refused.
    func isHeld(_ token: [UInt8], by tenant: TenantID) async throws -> Bool?
    /// No write takes effect with it from now on, and one that has does not count.
    func refuse(_ token: [UInt8], of tenant: TenantID) async throws
}

/// Decides about claims between two durable places, the catalog's row and the tenant's mark, in the one order that loses and
/// doubles nothing: the tenant first says what it will never take back, then the row follows. It may be cut off between any two
/// steps, and run by anybody at any time, any number of times.
package struct ClaimSettler: Sendable {
    private let rows: ClaimRows
    private let keeper: any ClaimKeeper
    private let time: any TimeSource

    package init(store: CatalogStore, keeper: any ClaimKeeper, time: any TimeSource) {
        rows = ClaimRows(store)
        self.keeper = keeper
        self.time = time
    }

    package enum Confirmation: Equatable, Sendable {
        case confirmed(ClaimRow)
        /// No write has carried the token yet.
        case notWritten
        /// The reservation has gone, and the token is worth nothing.
        case expired
    }

    /// Makes a claim last whose write is there.
    package func confirm(_ claim: ClaimRow) async throws -> Confirmation {
        if claim.state == .confirmed { return .confirmed(claim) }
        switch try await keeper.isHeld(claim.token, by: claim.tenant) {
        case nil: return .expired
        case false?: return .notWritten
        case true?: return try await keep(claim)
        }
    }

    private func keep(_ claim: ClaimRow) async throws -> Confirmation {
        switch try await rows.confirm(claim, at: time.wall()) {
        case .confirmed(let row): .confirmed(row)
        case .gone: .expired
        }
    }

    /// Frees a claim, whatever became of its write.
    ///
    /// - Returns: false if it was not there any more.
    package func release(_ claim: ClaimRow, as reason: String = "claim.release") async throws -> Bool {
        try await keeper.refuse(claim.token, of: claim.tenant)
        return try await rows.remove(claim, onlyReserved: false, as: reason, at: time.wall())
    }

    /// Ends a reservation whose time is over: it lasts if its write is there, else its value is free.
    ///
    /// - Returns: whether the value is free.
    package func settle(_ claim: ClaimRow) async throws -> Bool {
        guard claim.state == .reserved, let expires = claim.expires, expires <= time.wall() else { return false }
        if try await keeper.settle(claim.token, of: claim.tenant) {
            _ = try await keep(claim)
            return false
        }
        return try await rows.remove(claim, onlyReserved: true, as: "claim.expire", at: time.wall())
    }

    /// Tenants that are asked at once: one that is slow to answer keeps no other waiting.
    private static let atOnce = 8

    /// Of a tenant that fails to answer no more are asked this time.
    ///
    /// - Returns: how many were settled.
    private func settle(_ page: [ClaimRow]) async -> Int {
        let tenants = Dictionary(grouping: page, by: \.tenant)
        return await withTaskGroup(of: Int.self) { group in
            var settled = 0
            for (number, claims) in tenants.values.enumerated() {
                if number >= Self.atOnce { settled += await group.next() ?? 0 }
                group.addTask {
                    var done = 0
                    for claim in claims {
                        guard (try? await settle(claim)) != nil else { break }
                        done += 1
                    }
                    return done
                }
            }
            return await group.reduce(settled, +)
        }
    }

    /// Settles what has expired of a node's own tenants. One that cannot be asked keeps its claims until the next time.
    ///
    /// - Returns: how many were settled.
    /// - Throws: what the catalog says.
    package func sweep(ownedBy node: NodeID) async throws -> Int {
        var settled = 0
        var last: [UInt8] = []
        while true {
            let page = try await rows.expired(ownedBy: node, after: last, at: time.wall())
            settled += await settle(page)
            guard let end = page.last, page.count >= 100, !Task.isCancelled else { return settled }
            last = end.token
        }
    }
}

package import Vocabulary

/// What a session allows, as the catalog said when it was read. Immutable; shared by all requests of the session.
package final class SessionGrant: Sendable {
    /// One tenant that the session reaches.
    package struct Membership: Hashable, Sendable {
        package let tenant: TenantID
        /// As it was when the session was read.
        package let key: TenantKey
        package let level: AccessLevel
        /// Not deleted when the session was read: it may come back.
        package let isUsable: Bool

        package init(tenant: TenantID, key: TenantKey, level: AccessLevel, isUsable: Bool = true) {
            self.tenant = tenant
            self.key = key
            self.level = level
            self.isUsable = isUsable
        }
    }

    /// What is kept of one: keys are not, since there may be many.
    package struct Reach: Hashable, Sendable {
        package let tenant: TenantID
        package let level: AccessLevel
    }

    package let id: UInt64
    package let user: UserID
    /// By tenant.
    package let memberships: [Reach]
    /// The one usable tenant that it reaches; nil for none or several.
    package let sole: Membership?
    package let expires: WallTime
    /// Nanoseconds for which it may be remembered without another look.
    package let keep: UInt64
    package let principal: Principal
    /// `principal.number`, computed once.
    package let principalNumber: UInt64

    package init(id: UInt64, user: UserID, memberships: [Membership], expires: WallTime, keep: UInt64) {
        self.id = id
        self.user = user
        self.memberships = memberships.map { Reach(tenant: $0.tenant, level: $0.level) }.sorted {
            $0.tenant < $1.tenant
        }
        let usable = memberships.filter(\.isUsable)
        sole = usable.count == 1 ? usable[0] : nil
        self.expires = expires
        self.keep = keep
        principal = .session(id: TenantID(id).description, user: user.description)
        principalNumber = principal.number
    }

    /// What it allows on that tenant; nil for nothing. By id, so that neither a rename nor another tenant under an old key matters.
    package func level(on target: TenantTarget) -> AccessLevel? {
        guard let id = target.id else { return nil }
        var range = 0..<memberships.count
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            let found = memberships[middle].tenant
            if found == id { return memberships[middle].level }
            range = found < id ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return nil
    }
}

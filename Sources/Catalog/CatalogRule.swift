/// What must not be in a catalog's tables.
struct CatalogRule {
    let name: String
    let meaning: String
    /// What names a row; numbers are shown as the ids that they are.
    let id: String
    /// Everything behind FROM.
    let rows: String

    static let all = tenants + claims + users + logs

    private static let tenants = [
        CatalogRule(
            name: "tenant_without_placement", meaning: "tenants that are nowhere", id: "t.id",
            rows: "tenants t WHERE NOT EXISTS (SELECT 1 FROM placements p WHERE p.tenant = t.id)"),
        CatalogRule(
            name: "placement_without_tenant", meaning: "places of tenants that do not exist", id: "p.tenant",
            rows: "placements p WHERE NOT EXISTS (SELECT 1 FROM tenants t WHERE t.id = p.tenant)"),
        CatalogRule(
            name: "owner_unknown", meaning: "tenants whose owner never registered", id: "p.tenant",
            rows: "placements p WHERE NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = p.owner)"),
        CatalogRule(
            name: "moving_without_move", meaning: "tenants that move by a move that is not recorded", id: "p.tenant",
            rows: "placements p WHERE p.state = 'moving' AND NOT EXISTS (SELECT 1 FROM moves m WHERE m.id = p.move)"),
        CatalogRule(
            name: "stable_with_target", meaning: "tenants that stay and have a target", id: "p.tenant",
            rows: "placements p WHERE p.state = 'stable' AND (p.target IS NOT NULL OR p.move IS NOT NULL)"),
    ]

    private static let claims = [
        CatalogRule(
            name: "claim_without_tenant", meaning: "claims of tenants that do not exist",
            id: "c.namespace || '/' || c.value",
            rows: """
                claims c WHERE c.namespace <> 'email' AND NOT EXISTS (SELECT 1 FROM tenants t WHERE t.id = c.tenant)
                """),
        CatalogRule(
            name: "email_without_user", meaning: "emails that are taken by nobody", id: "c.value",
            rows: """
                claims c WHERE c.namespace = 'email' AND c.state = 'confirmed'
                AND NOT EXISTS (SELECT 1 FROM users u WHERE u.normal = c.value)
                """),
        CatalogRule(
            name: "email_without_signup", meaning: "emails that are reserved for no sign-up", id: "c.value",
            rows: """
                claims c WHERE c.namespace = 'email' AND c.state <> 'confirmed'
                AND NOT EXISTS (SELECT 1 FROM signups g WHERE g.token = c.token)
                """),
        CatalogRule(
            name: "user_without_email", meaning: "users whose email is not theirs", id: "u.id",
            rows: """
                users u WHERE NOT EXISTS
                (SELECT 1 FROM claims c WHERE c.namespace = 'email' AND c.value = u.normal AND c.state = 'confirmed')
                """),
        CatalogRule(
            name: "signup_without_email", meaning: "sign-ups under way that have no email", id: "g.user_id",
            rows: """
                signups g WHERE g.state = 'open'
                AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.namespace = 'email' AND c.token = g.token)
                """),
    ]

    private static let users = [
        CatalogRule(
            name: "membership_without_user", meaning: "memberships of users that do not exist", id: "m.user_id",
            rows: "memberships m WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = m.user_id)"),
        CatalogRule(
            name: "membership_without_tenant", meaning: "memberships in tenants that do not exist", id: "m.tenant",
            rows: "memberships m WHERE NOT EXISTS (SELECT 1 FROM tenants t WHERE t.id = m.tenant)"),
        CatalogRule(
            name: "session_without_user", meaning: "sessions of users that do not exist", id: "s.id",
            rows: "sessions s WHERE NOT EXISTS (SELECT 1 FROM users u WHERE u.id = s.user_id)"),
    ]

    private static let logs = [
        gaps("change_log_gap", "counters of the change log", "changes", "change_counters"),
        gaps("user_change_log_gap", "counters of the log of users' changes", "user_changes", "user_change_counters"),
        CatalogRule(
            name: "no_signing_key", meaning: "signing keys of which none signs", id: "'signing_keys'",
            rows: """
                (SELECT COUNT(*) AS known, COUNT(k.retired) AS retired FROM signing_keys k) s
                WHERE s.known > 0 AND s.known = s.retired
                """),
    ]

    private static func gaps(_ name: String, _ what: String, _ table: String, _ counters: String) -> CatalogRule {
        CatalogRule(
            name: name, meaning: "\(what) with a gap, or behind their entries", id: "g.bucket",
            rows: """
                (SELECT bucket, COUNT(*) AS entries, MIN(seq) AS low, MAX(seq) AS high FROM \(table) GROUP BY bucket) g
                WHERE g.entries <> g.high - g.low + 1
                OR NOT EXISTS (SELECT 1 FROM \(counters) c WHERE c.bucket = g.bucket AND c.seq = g.high)
                """)
    }
}

import Vocabulary

/// Claims of the namespace `email`, as parts of users' transactions. Nothing else touches them.
enum EmailClaim {
    static let namespace = CatalogValue.text("email")

    /// Who has an email that somebody wants.
    enum Holder: Equatable {
        case user
        /// A sign-up under way, which has it until then or longer.
        case signUp(token: [UInt8], until: WallTime)
    }

    /// - Returns: the guard's index; it holds where nobody has the email.
    static func guardFree(_ email: CatalogEmail, in plan: inout CatalogPlan) -> Int {
        plan.add(
            "SELECT state, token, expires FROM claims WHERE namespace = ?1 AND value = ?2",
            [namespace, .text(email.normal)], expect: .rows(0))
    }

    /// What the failed guard found.
    static func holder(_ result: CatalogRows) throws(CatalogError) -> Holder {
        var reader = RowReader("claims", result.rows[0])
        guard try reader.text() == "reserved" else { return .user }
        return .signUp(token: try reader.blob(), until: try reader.timeOrNull() ?? WallTime(milliseconds: 0))
    }

    static func insert(
        _ email: CatalogEmail, of user: UserID, token: [UInt8], at now: WallTime, in plan: inout CatalogPlan
    ) {
        plan.add(
            """
            INSERT INTO claims (namespace, value, state, token, owner, created, changed)
            VALUES (?1, ?2, 'confirmed', ?3, ?4, ?5, ?5)
            """, [namespace, .text(email.normal), .blob(token), .text(user.description), .time(now)])
    }

    static func delete(_ email: CatalogEmail, of user: UserID, in plan: inout CatalogPlan) {
        plan.add(
            "DELETE FROM claims WHERE namespace = ?1 AND value = ?2 AND owner = ?3",
            [namespace, .text(email.normal), .text(user.description)], expect: .affected(1))
    }
}

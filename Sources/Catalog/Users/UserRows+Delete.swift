package import Vocabulary

extension UserRows {
    /// Removes a user with all that is held about it: sessions, memberships, what its sign-up left, and the claim of its email,
    /// which is free from then on. Safe to repeat. In the log of changes.
    ///
    /// - Returns: false if there was none.
    /// - Throws: `CatalogError`.
    package func delete(_ id: UserID, at now: WallTime) async throws(CatalogError) -> Bool {
        for attempt in 1...Self.deletions {
            guard let row = try await find(id) else { return false }
            var plan = CatalogPlan()
            let same = plan.add(
                "DELETE FROM users WHERE id = ?1 AND revision = ?2", [.user(id), .bits(row.revision)],
                expect: .affected(1))
            EmailClaim.delete(row.email, of: id, in: &plan)
            for table in ["sessions", "memberships", "signups"] {
                plan.add("DELETE FROM \(table) WHERE user_id = ?1", [.user(id)])
            }
            UserChangeLog.append(id, to: &plan)
            plan.note("user.delete", id.description)
            do {
                _ = try await store.write(plan, at: now)
                return true
            } catch .guardFailed(same, _) {
                await store.pause(before: attempt)
            }
        }
        throw .conflict(statement: 0)
    }

    private static let deletions = 40
}

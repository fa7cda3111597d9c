package import Vocabulary

/// Stored plans and what came of their rows.
package struct PlanRows: Sendable {
    /// Of one plan's body.
    package static let bytes = 8 << 20
    /// Plans that are kept; of more, the oldest that nobody is at leave when a new one is stored.
    private static let kept = 100

    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// Stores a new plan.
    ///
    /// - Throws: `CatalogError`.
    package func add(_ new: StoredPlan, at now: WallTime) async throws(CatalogError) {
        guard new.body.count <= Self.bytes else { throw .refused("a plan of \(new.body.count) bytes") }
        var plan = CatalogPlan()
        plan.add(
            """
            INSERT INTO plans (id, state, made, expires, changed, moves, body) VALUES (?1, ?2, ?3, ?4, ?3, ?5, ?6)
            """,
            [
                .text(new.id), .text(new.state.rawValue), .time(new.made), .time(new.expires),
                .integer(Int64(new.moves)), .blob(new.body),
            ], expect: .affected(1))
        let old = """
            SELECT id FROM plans WHERE state <> 'applying' AND made <
            (SELECT MIN(made) FROM (SELECT made FROM plans ORDER BY made DESC LIMIT \(Self.kept)) AS newest)
            """
        plan.add("DELETE FROM plan_rows WHERE plan IN (\(old))")
        plan.add("DELETE FROM plans WHERE id IN (\(old))")
        plan.note("plan.make", new.id, detail: ["moves": String(new.moves)])
        _ = try await store.write(plan, at: now)
    }

    /// - Throws: `CatalogError`.
    package func find(_ id: String) async throws(CatalogError) -> StoredPlan? {
        try await first("id = ?1", [.text(id)])
    }

    /// All that are kept, the newest first, without their bodies.
    ///
    /// - Throws: `CatalogError`.
    package func list() async throws(CatalogError) -> [StoredPlan] {
        var plan = CatalogPlan()
        plan.add("\(StoredPlan.outline) ORDER BY made DESC, id DESC LIMIT \(2 * Self.kept)")
        var plans: [StoredPlan] = []
        for row in try await store.read(plan)[0].rows { plans.append(try StoredPlan(outline: row)) }
        return plans
    }

    /// The one that is carried out, or is to be next.
    ///
    /// - Throws: `CatalogError`.
    package func applying() async throws(CatalogError) -> StoredPlan? {
        try await first("state = 'applying' ORDER BY changed, id LIMIT 1")
    }

    /// The newest that was asked to be carried out, whether it has ended or not.
    ///
    /// - Throws: `CatalogError`.
    package func newest() async throws(CatalogError) -> StoredPlan? {
        try await first("state <> 'planned' ORDER BY changed DESC, id DESC LIMIT 1")
    }

    private func first(
        _ condition: String, _ arguments: [CatalogValue] = []
    ) async throws(CatalogError) -> StoredPlan? {
        var plan = CatalogPlan()
        plan.add("\(StoredPlan.select) WHERE \(condition)", arguments)
        return try await store.read(plan)[0].rows.first.map { row throws(CatalogError) in try StoredPlan(row) }
    }

    package enum ApplyOutcome: Equatable, Sendable {
        /// Also where somebody had asked for it before.
        case applying(StoredPlan)
        case notFound
        case expired(StoredPlan)
    }

    /// Asks for a plan to be carried out.
    ///
    /// - Throws: `CatalogError`.
    package func apply(_ id: String, at now: WallTime) async throws(CatalogError) -> ApplyOutcome {
        var plan = CatalogPlan()
        let set = plan.add(
            "UPDATE plans SET state = 'applying', changed = ?2 WHERE id = ?1 AND state = 'planned' AND expires > ?2",
            [.text(id), .time(now)], expect: .affected(1))
        plan.note("plan.apply", id)
        do {
            _ = try await store.write(plan, at: now)
        } catch .guardFailed(set, _) {
            guard let found = try await find(id) else { return .notFound }
            return found.state == .planned ? .expired(found) : .applying(found)
        }
        guard let found = try await find(id) else { return .notFound }
        return .applying(found)
    }

    /// What came of a plan's rows so far, by place.
    ///
    /// - Throws: `CatalogError`.
    package func outcomes(of id: String) async throws(CatalogError) -> [PlanOutcome] {
        var plan = CatalogPlan()
        plan.add("\(PlanOutcome.select) WHERE plan = ?1 ORDER BY place LIMIT 10000", [.text(id)])
        var outcomes: [PlanOutcome] = []
        for row in try await store.read(plan)[0].rows { outcomes.append(try PlanOutcome(row)) }
        return outcomes
    }

    /// Writes down what came of a row. What has ended stays as it ended.
    ///
    /// - Returns: false where somebody else has become the controller.
    /// - Throws: `CatalogError`.
    package func record(
        _ outcome: PlanOutcome, of id: String, _ seat: ControllerRow, at now: WallTime
    ) async throws(CatalogError) -> Bool {
        var plan = CatalogPlan()
        plan.isUnnoted = true
        let led = ControllerRows.require(seat, in: &plan)
        plan.add(
            """
            INSERT INTO plan_rows (plan, place, state, move, reason, purpose, bytes, changed)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (plan, place) DO UPDATE SET state = excluded.state, reason = excluded.reason,
            move = COALESCE(excluded.move, plan_rows.move), changed = excluded.changed
            WHERE plan_rows.state = 'running'
            """,
            [
                .text(id), .integer(Int64(outcome.place)), .text(outcome.state.rawValue), .textOrNull(outcome.move),
                .textOrNull(outcome.reason), .text(outcome.purpose), .integer(outcome.bytes), .time(now),
            ])
        return try await write(plan, led, at: now)
    }

    /// Every row of the plan has come to something.
    ///
    /// - Returns: false where somebody else has become the controller.
    /// - Throws: `CatalogError`.
    package func end(_ id: String, _ seat: ControllerRow, at now: WallTime) async throws(CatalogError) -> Bool {
        var plan = CatalogPlan()
        plan.isUnnoted = true
        let led = ControllerRows.require(seat, in: &plan)
        plan.add(
            "UPDATE plans SET state = 'ended', changed = ?2 WHERE id = ?1 AND state = 'applying'",
            [.text(id), .time(now)])
        return try await write(plan, led, at: now)
    }

    private func write(_ plan: CatalogPlan, _ led: Int, at now: WallTime) async throws(CatalogError) -> Bool {
        do {
            _ = try await store.write(plan, at: now)
            return true
        } catch .guardFailed(led, _) {
            return false
        }
    }

    /// Bytes that rows of a purpose have moved since then.
    ///
    /// - Throws: `CatalogError`.
    package func moved(for purpose: String, since time: WallTime) async throws(CatalogError) -> Int64 {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) FROM plan_rows
            WHERE changed >= ?1 AND purpose = ?2 AND state IN ('running', 'done')
            """, [.time(time), .text(purpose)])
        var reader = RowReader("plan_rows", try await store.read(plan)[0].rows[0])
        return try reader.integer()
    }
}

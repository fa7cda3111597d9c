package import Vocabulary

/// Who carries plans out: one row, changed by compare-and-set.
package struct ControllerRow: Equatable, Sendable {
    package var holder: NodeID?
    /// Raised each time that somebody else takes it; every write of a controller names it.
    package var term: UInt64
    /// Raised by the holder again and again.
    package var beat: UInt64
    /// Until then no move is begun.
    package var pausedUntil: WallTime?
}

/// The controller's row: a seat that is held by beating, and taken by whoever saw one beat for long enough.
///
/// Nothing that a controller does rests on being the only one: each of its writes names the term, and each move the placement's
/// version. The seat only keeps two from doing the same work.
package struct ControllerRows: Sendable {
    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// - Throws: `CatalogError`.
    package func read() async throws(CatalogError) -> ControllerRow {
        var plan = CatalogPlan()
        read(in: &plan)
        return try Self.row(try await store.read(plan)[0])
    }

    /// Becomes the controller.
    ///
    /// - Parameter seen: the row as it was long enough.
    /// - Returns: nil where it has changed meanwhile.
    /// - Throws: `CatalogError`.
    package func take(
        _ node: NodeID, from seen: ControllerRow, at now: WallTime
    ) async throws(CatalogError) -> ControllerRow? {
        try await change(
            "UPDATE rebalancer SET holder = ?1, term = term + 1, beat = beat + 1 WHERE id = 1 AND term = ?2 AND beat = ?3",
            [.node(node), .bits(seen.term), .bits(seen.beat)], at: now)
    }

    /// Says that the controller is there.
    ///
    /// - Returns: nil where somebody else is it.
    /// - Throws: `CatalogError`.
    package func beat(_ seat: ControllerRow, at now: WallTime) async throws(CatalogError) -> ControllerRow? {
        guard let holder = seat.holder else { return nil }
        return try await change(
            "UPDATE rebalancer SET beat = beat + 1 WHERE id = 1 AND holder = ?1 AND term = ?2",
            [.node(holder), .bits(seat.term)], at: now)
    }

    /// Begins no move until then; nil: goes on.
    ///
    /// - Throws: `CatalogError`.
    package func pause(until time: WallTime?, at now: WallTime) async throws(CatalogError) -> ControllerRow {
        var plan = CatalogPlan()
        plan.add(
            "UPDATE rebalancer SET paused_until = ?1 WHERE id = 1", [time.map { .time($0) } ?? .null],
            expect: .affected(1))
        let after = read(in: &plan)
        plan.note(time == nil ? "rebalancing.resume" : "rebalancing.pause", "rebalancing")
        return try Self.row(try await store.write(plan, at: now)[after])
    }

    private func change(
        _ sql: String, _ arguments: [CatalogValue], at now: WallTime
    ) async throws(CatalogError) -> ControllerRow? {
        var plan = CatalogPlan()
        plan.isUnnoted = true
        let changed = plan.add(sql, arguments, expect: .affected(1))
        let after = read(in: &plan)
        do {
            return try Self.row(try await store.write(plan, at: now)[after])
        } catch .guardFailed(changed, _) {
            return nil
        }
    }

    /// Adds the guard of a controller's write.
    ///
    /// - Returns: the statement's index.
    static func require(_ seat: ControllerRow, in plan: inout CatalogPlan) -> Int {
        plan.add(
            "UPDATE rebalancer SET beat = beat + 1 WHERE id = 1 AND term = ?1", [.bits(seat.term)], expect: .affected(1)
        )
    }

    @discardableResult
    private func read(in plan: inout CatalogPlan) -> Int {
        plan.add("SELECT holder, term, beat, paused_until FROM rebalancer WHERE id = 1", expect: .rows(1))
    }

    private static func row(_ result: CatalogRows) throws(CatalogError) -> ControllerRow {
        var reader = RowReader("rebalancer", result.rows[0])
        return ControllerRow(
            holder: try reader.nodeOrNull(), term: try reader.bits(), beat: try reader.bits(),
            pausedUntil: try reader.timeOrNull())
    }
}

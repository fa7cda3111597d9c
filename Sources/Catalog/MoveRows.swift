package import Vocabulary

/// The moves' history. Rows are made by `PlacementRows.prepare` and ended by commit, abort and finish.
package struct MoveRows: Sendable {
    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// - Throws: `CatalogError`.
    package func find(_ id: String) async throws(CatalogError) -> MoveRow? {
        var plan = CatalogPlan()
        plan.add("\(MoveRow.select) WHERE id = ?1", [.text(id)])
        return try await store.read(plan)[0].rows.first.map { row throws(CatalogError) in try MoveRow(row) }
    }

    /// Newest first.
    ///
    /// - Parameter before: the last row of the page before.
    /// - Parameter limit: 1 to 1,000; anything else is brought into the range.
    /// - Throws: `CatalogError`.
    package func list(
        tenant: TenantID? = nil, before: MoveRow? = nil, limit: Int = 100
    ) async throws(CatalogError) -> [MoveRow] {
        var conditions: [String] = []
        var arguments: [CatalogValue] = []
        if let tenant {
            arguments.append(.id(tenant))
            conditions.append("tenant = ?\(arguments.count)")
        }
        if let before {
            arguments += [.time(before.created), .text(before.id)]
            let (time, id) = (arguments.count - 1, arguments.count)
            conditions.append("(created < ?\(time) OR (created = ?\(time) AND id < ?\(id)))")
        }
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        var plan = CatalogPlan()
        plan.add(
            "\(MoveRow.select)\(filter) ORDER BY created DESC, id DESC LIMIT \(min(max(limit, 1), 1000))", arguments)
        var moves: [MoveRow] = []
        for row in try await store.read(plan)[0].rows { moves.append(try MoveRow(row)) }
        return moves
    }

    /// Records how far a move has come; one that is committed or over is left alone, except for its pause.
    ///
    /// - Throws: `CatalogError`.
    package func progress(
        _ id: String, state: MoveRow.State, bytes: Int64, lag: Int64 = 0, predictedPause: Int64? = nil,
        at now: WallTime
    ) async throws(CatalogError) {
        var plan = CatalogPlan()
        plan.add(
            """
            UPDATE moves SET state = ?2, bytes = ?3, updated = ?4, lag = ?5, predicted = ?6
            WHERE id = ?1 AND state IN ('preparing', 'copying', 'tailing', 'frozen')
            """,
            [
                .text(id), .text(state.rawValue), .integer(bytes), .time(now), .integer(lag),
                predictedPause.map { .integer($0) } ?? .null,
            ])
        _ = try await store.write(plan, at: now)
    }

    /// Records how long writes were parked, in milliseconds, and how much was sent.
    ///
    /// - Throws: `CatalogError`.
    package func paused(
        _ id: String, milliseconds: Int64, bytes: Int64, at now: WallTime
    ) async throws(CatalogError) {
        var plan = CatalogPlan()
        plan.add(
            "UPDATE moves SET pause = ?2, bytes = ?3, lag = 0 WHERE id = ?1",
            [.text(id), .integer(milliseconds), .integer(bytes)])
        _ = try await store.write(plan, at: now)
    }
}

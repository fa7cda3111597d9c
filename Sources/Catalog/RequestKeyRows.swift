package import Vocabulary

/// Requests that are done once: which of them have come, and what was answered.
///
/// An answer is sealed by whoever stores it; here are bytes. The rows are bookkeeping: nobody's change, and nothing of them
/// is in the audit log.
package struct RequestKeyRows: Sendable {
    /// Milliseconds for which an answer is kept. The results of its writes (`Housekeeping.Retention.operations`) are kept longer.
    package static let lifetime: Int64 = 24 * 3600 * 1000
    /// Bytes of an answer.
    package static let answerBytes = 16 << 10
    /// The newest of one caller that are kept, about.
    package static let mostOfPrincipal = 100_000

    /// A request under a key, by hashes that say neither.
    package struct Request: Sendable {
        /// Of caller and key.
        package var id: [UInt8]
        /// Of what is asked for: another one under the same key is a mistake.
        package var tag: [UInt8]
        package var principal: String
        /// The process that does it: the node's name, a blank, and what tells this process from earlier ones.
        package var holder: String

        package init(id: [UInt8], tag: [UInt8], principal: String, holder: String) {
            self.id = id
            self.tag = tag
            self.principal = principal
            self.holder = holder
        }
    }

    /// One who does a request: others go on with it once its time is over.
    package struct Run: Equatable, Sendable {
        let id: [UInt8]
        package let seed: OperationID
        /// The process, a blank, and what tells this run from the process's others.
        let holder: String
    }

    package enum Outcome: Equatable, Sendable {
        /// To be done, or to be done to its end: with this seed, as by whoever began it.
        case begun(Run, isFirst: Bool)
        case answered(status: Int, answer: [UInt8])
        /// Another process, or another task of this one, is at it.
        case underWay
        /// The key was used for another request.
        case mismatch
    }

    /// Of those that are begun, one of so many also tidies up.
    private static let tidying: UInt64 = 64

    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    /// Of any number of equal requests at once one is begun. One that is held by a process that is known to be gone, or for
    /// longer than the caller allows, is begun again.
    ///
    /// - Parameter hold: milliseconds after which another may go on with it.
    /// - Throws: `CatalogError`.
    package func begin(_ request: Request, hold: Int64, at now: WallTime) async throws(CatalogError) -> Outcome {
        for attempt in 1...8 {
            let known: Row
            switch try await insert(request, hold: hold, at: now) {
            case .inserted(let run): return .begun(run, isFirst: true)
            case .there(let row): known = row
            case .again:
                await store.pause(before: attempt)
                continue
            }
            guard known.tag == request.tag else { return .mismatch }
            if let status = known.status { return .answered(status: status, answer: known.answer) }
            guard known.isLeft(for: request.holder, at: now) else { return .underWay }
            if let run = try await takeOver(request, from: known, hold: hold, at: now) {
                return .begun(run, isFirst: false)
            }
        }
        return .underWay
    }

    /// Keeps an answer; it stays the first one where two came to an end.
    ///
    /// - Returns: the one that is kept, where it is another's.
    /// - Throws: `CatalogError`.
    package func finish(
        _ run: Run, status: Int, answer: [UInt8], at now: WallTime
    ) async throws(CatalogError) -> (status: Int, answer: [UInt8])? {
        var plan = CatalogPlan()
        plan.isUnnoted = true
        let look = plan.add(Self.select, [.blob(run.id)])
        let kept = plan.add(
            "UPDATE request_keys SET status = ?3, answer = ?4 WHERE id = ?1 AND seed = ?2 AND status IS NULL",
            [.blob(run.id), .blob(run.seed.bytes), .integer(Int64(status)), .blob(answer)], expect: .affected(1))
        do {
            _ = try await store.write(plan, at: now)
            return nil
        } catch .guardFailed(kept, let results) {
            guard let found = results[look].rows.first else { return nil }
            let row = try Row(found)
            return row.seed == run.seed ? row.status.map { ($0, row.answer) } : nil
        }
    }

    /// Nothing was done and nothing is to be kept: it may be tried again as if it had not come. No effect where another has
    /// taken it over.
    ///
    /// - Throws: `CatalogError`.
    package func forget(_ run: Run, at now: WallTime) async throws(CatalogError) {
        try await write("DELETE FROM request_keys WHERE \(Self.isMine)", run, at: now)
    }

    /// Something was done and there is no answer to keep: whoever comes next may go on at once. No effect where another has
    /// taken it over.
    ///
    /// - Throws: `CatalogError`.
    package func leave(_ run: Run, at now: WallTime) async throws(CatalogError) {
        try await write("UPDATE request_keys SET held_until = 0 WHERE \(Self.isMine)", run, at: now)
    }

    /// It is still at it.
    ///
    /// - Throws: `CatalogError`.
    package func renew(_ run: Run, hold: Int64, at now: WallTime) async throws(CatalogError) {
        try await write(
            "UPDATE request_keys SET held_until = ?4 WHERE \(Self.isMine)", run,
            [.integer(now.milliseconds + hold)], at: now)
    }

    private static let isMine = "id = ?1 AND seed = ?2 AND holder = ?3 AND status IS NULL"

    private func write(
        _ sql: String, _ run: Run, _ more: [CatalogValue] = [], at now: WallTime
    ) async throws(CatalogError) {
        var plan = CatalogPlan()
        plan.isUnnoted = true
        plan.add(sql, [.blob(run.id), .blob(run.seed.bytes), .text(run.holder)] + more)
        _ = try await store.write(plan, at: now)
    }
}

// MARK: Beginning

extension RequestKeyRows {
    private struct Row {
        let tag: [UInt8]
        let seed: OperationID
        let holder: String
        let heldUntil: WallTime
        let status: Int?
        let answer: [UInt8]

        init(_ row: [CatalogValue]) throws(CatalogError) {
            var reader = RowReader("request_keys", row)
            tag = try reader.blob()
            guard let seed = OperationID(bytes: try reader.blob()) else { throw .damaged("request_keys.seed") }
            self.seed = seed
            holder = try reader.text()
            heldUntil = try reader.time()
            status = try reader.integerOrNull().map { Int($0) }
            answer = status == nil ? [] : try reader.blob()
        }

        /// Whoever began it will not end it: it gave it up, its time is over, or it was an earlier process of this node.
        func isLeft(for other: String, at now: WallTime) -> Bool {
            if heldUntil <= now { return true }
            let (mine, its) = (other.split(separator: " "), holder.split(separator: " "))
            return its.first == mine.first && its.prefix(2) != mine.prefix(2)
        }
    }

    private static let select = "SELECT tag, seed, holder, held_until, status, answer FROM request_keys WHERE id = ?1"

    private func newRun(_ request: Request, _ seed: OperationID) -> Run {
        Run(id: request.id, seed: seed, holder: "\(request.holder) \(String(store.freshSeed().low, radix: 16))")
    }

    private enum Insertion {
        case inserted(Run)
        case there(Row)
        case again
    }

    private func insert(
        _ request: Request, hold: Int64, at now: WallTime
    ) async throws(CatalogError) -> Insertion {
        let run = newRun(request, store.freshSeed())
        var plan = CatalogPlan()
        plan.isUnnoted = true
        plan.add(
            "DELETE FROM request_keys WHERE id = ?1 AND created <= ?2",
            [.blob(request.id), .integer(now.milliseconds - Self.lifetime)])
        let none = plan.add(Self.select, [.blob(request.id)], expect: .rows(0))
        if run.seed.low % Self.tidying == 0 { tidy(request.principal, in: &plan) }
        plan.add(
            """
            INSERT INTO request_keys (id, principal, tag, seed, holder, held_until, created)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            """,
            [
                .blob(request.id), .text(request.principal), .blob(request.tag), .blob(run.seed.bytes),
                .text(run.holder), .integer(now.milliseconds + hold), .time(now),
            ])
        do {
            _ = try await store.write(plan, at: now)
            return .inserted(run)
        } catch .guardFailed(none, let results) {
            return .there(try Row(results[none].rows[0]))
        } catch .conflict {
            return .again
        }
    }

    private func tidy(_ principal: String, in plan: inout CatalogPlan) {
        plan.add(
            """
            DELETE FROM request_keys WHERE principal = ?1 AND status IS NOT NULL AND created <= (SELECT k.created FROM request_keys k
            WHERE k.principal = ?1 ORDER BY k.created DESC LIMIT 1 OFFSET \(Self.mostOfPrincipal))
            """, [.text(principal)])
    }

    private func takeOver(
        _ request: Request, from row: Row, hold: Int64, at now: WallTime
    ) async throws(CatalogError) -> Run? {
        let run = newRun(request, row.seed)
        var plan = CatalogPlan()
        plan.isUnnoted = true
        let taken = plan.add(
            """
            UPDATE request_keys SET holder = ?3, held_until = ?4
            WHERE id = ?1 AND seed = ?2 AND holder = ?5 AND held_until = ?6 AND status IS NULL
            """,
            [
                .blob(request.id), .blob(row.seed.bytes), .text(run.holder), .integer(now.milliseconds + hold),
                .text(row.holder), .time(row.heldUntil),
            ], expect: .affected(1))
        do {
            _ = try await store.write(plan, at: now)
            return run
        } catch .guardFailed(taken, _) {
            return nil
        }
    }
}

package import Vocabulary

/// The flags' rows: small versioned values with their history, and a counter by which others learn of changes.
///
/// The counter is raised in the changing transaction, and its row's lock is held until that commits, so whoever has seen
/// number n has seen everything up to n. There is one for all flags: they change seldom.
package struct FlagRows: Sendable {
    /// Flags at most, those that were taken away included.
    package static let most = 1000
    /// Bytes of a value.
    package static let valueBytes = 16 << 10
    /// Versions of a flag that are kept.
    package static let history: UInt64 = 100

    private let store: CatalogStore

    package init(_ store: CatalogStore) { self.store = store }

    // MARK: Reading

    /// - Returns: also one that was taken away.
    /// - Throws: `CatalogError`.
    package func find(_ name: String) async throws(CatalogError) -> FlagRow? {
        var plan = CatalogPlan()
        read(name, in: &plan)
        return try FlagRow.all(try await store.read(plan)[0]).first
    }

    /// The number of the newest change; 0 where there was none yet.
    ///
    /// - Throws: `CatalogError`.
    package func newest() async throws(CatalogError) -> UInt64 {
        var plan = CatalogPlan()
        plan.add("SELECT seq FROM flag_counter WHERE id = 1", expect: .rows(1))
        return try Self.number(try await store.read(plan)[0])
    }

    /// The flags that have changed after a number, oldest change first, each as it is now; those that were taken away
    /// included. With `after: 0` all of them.
    ///
    /// - Returns: with the number up to which this is everything.
    /// - Throws: `CatalogError`.
    package func changes(after seq: UInt64) async throws(CatalogError) -> (flags: [FlagRow], newest: UInt64) {
        var plan = CatalogPlan()
        let counter = plan.add("SELECT seq FROM flag_counter WHERE id = 1", expect: .rows(1))
        let changed = plan.add(
            "SELECT \(FlagRow.columns) FROM flags WHERE seq > ?1 ORDER BY seq LIMIT \(Self.most)", [.bits(seq)])
        let results = try await store.read(plan)
        return (try FlagRow.all(results[changed]), try Self.number(results[counter]))
    }

    /// By name, without those that were taken away.
    ///
    /// - Parameter after: the last name of the page before.
    /// - Throws: `CatalogError`.
    package func list(after name: String = "", limit: Int = 100) async throws(CatalogError) -> [FlagRow] {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT \(FlagRow.columns) FROM flags WHERE name > ?1 AND value IS NOT NULL ORDER BY name
            LIMIT \(min(max(limit, 1), 1000))
            """, [.text(name)])
        return try FlagRow.all(try await store.read(plan)[0])
    }

    /// A flag's versions, the newest first.
    ///
    /// - Throws: `CatalogError`.
    package func history(of name: String) async throws(CatalogError) -> [FlagRow] {
        var plan = CatalogPlan()
        plan.add(
            """
            SELECT \(FlagRow.columns) FROM flag_history WHERE name = ?1 ORDER BY version DESC LIMIT \(Self.history)
            """, [.text(name)])
        return try FlagRow.all(try await store.read(plan)[0])
    }

    // MARK: Changing

    package enum SetOutcome: Equatable, Sendable {
        case set(FlagRow)
        /// It is at another version than the caller believed; nil where it is not there.
        case differs(FlagRow?)
        case tooMany
        /// There is nothing earlier, or it is not kept any more.
        case noSuchVersion
    }

    /// Gives a flag a value, or takes it away.
    ///
    /// - Parameters:
    ///   - value: JSON of at most `valueBytes`; nil takes the flag away.
    ///   - version: at which it must be; 0 for one that is not there, nil for whatever it is.
    /// - Throws: `CatalogError`.
    package func set(
        _ name: String, to value: String?, version: UInt64?, at now: WallTime
    ) async throws(CatalogError) -> SetOutcome {
        try await change(name, action: value == nil ? "flag.unset" : "flag.set", at: now) { old, _ in
            let isThere = old?.value != nil
            if let version, version != (isThere ? old?.version ?? 0 : 0) { return .failure(.differs(old)) }
            if value == nil, !isThere { return .failure(.differs(nil)) }
            return .success((value, (old?.version ?? 0) + 1))
        }
    }

    /// Gives a flag an earlier version's value, as a new version.
    ///
    /// - Parameters:
    ///   - target: which; nil for the one before the present value was set, so that one rollback after another
    ///     goes further back.
    ///   - version: at which the flag must be; nil for whatever it is.
    /// - Throws: `CatalogError`.
    package func rollBack(
        _ name: String, to target: UInt64?, version: UInt64? = nil, at now: WallTime
    ) async throws(CatalogError) -> SetOutcome {
        try await change(name, action: "flag.rollback", readsHistory: true, at: now) { old, past in
            guard let old else { return .failure(.differs(nil)) }
            if let version, version != old.version { return .failure(.differs(old)) }
            guard let found = past.first(where: { $0.version == target ?? (old.source &- 1) }),
                found.version < old.version
            else { return .failure(.noSuchVersion) }
            return .success((found.value, found.source))
        }
    }

    private typealias Wanted = Result<(value: String?, source: UInt64), Refusal>
    private enum Refusal: Error {
        case differs(FlagRow?)
        case noSuchVersion
    }

    /// Others may come before between the look and the change; then it is looked again.
    private static let attempts = 20

    private func change(
        _ name: String, action: String, readsHistory: Bool = false, at now: WallTime,
        _ decide: (FlagRow?, [FlagRow]) -> Wanted
    ) async throws(CatalogError) -> SetOutcome {
        // What stands now is what an earlier run of the request has made of it, and may refuse what is done.
        if let done = try await store.earlier(Self.step(action, name), at: now), done.count > Self.row {
            return .set(try FlagRow.all(done[Self.row])[0])
        }
        for attempt in 1...Self.attempts {
            // History first: a change between the two is met by the row's version.
            let past = readsHistory ? try await history(of: name) : []
            let old = try await find(name)
            switch decide(old, past) {
            case .failure(.differs(let row)): return .differs(row)
            case .failure(.noSuchVersion):
                // Versions that came between the two looks are not in the history that was read.
                if let old, readsHistory, past.first?.version != old.version { continue }
                return .noSuchVersion
            case .success(let wanted):
                if let done = try await replace(name, old, wanted.value, wanted.source, action, at: now) { return done }
            }
            await store.pause(before: attempt)
        }
        throw .conflict(statement: 0)
    }

    private static func step(_ action: String, _ name: String) -> CatalogPlan.Step { .init(action, name) }

    /// The place of the row's statement among those of a change.
    private static let row = 5

    /// - Returns: nil if the flag has changed since it was read.
    private func replace(
        _ name: String, _ old: FlagRow?, _ value: String?, _ source: UInt64, _ action: String, at now: WallTime
    ) async throws(CatalogError) -> SetOutcome? {
        let version = (old?.version ?? 0) + 1
        let actor = (AuditAuthor.current ?? .system).actor
        var plan = CatalogPlan()
        plan.add("UPDATE flag_counter SET seq = seq + 1 WHERE id = 1", expect: .affected(1))
        let room = plan.add(
            "SELECT id FROM flag_counter WHERE id = 1 AND (SELECT COUNT(*) FROM flags) < \(Self.most)",
            expect: old == nil ? .rows(1) : .any)
        var arguments: [CatalogValue] = [
            .text(name), .bits(version), .textOrNull(value), .bits(source), .time(now), .text(actor),
        ]
        let set: Int
        if let old {
            arguments.append(.bits(old.version))
            set = plan.add(
                """
                UPDATE flags SET version = ?2, value = ?3, source = ?4, changed = ?5, actor = ?6,
                seq = (SELECT c.seq FROM flag_counter c WHERE c.id = 1) WHERE name = ?1 AND version = ?7
                """, arguments, expect: .affected(1))
        } else {
            set = plan.add(
                """
                INSERT INTO flags (\(FlagRow.columns))
                SELECT ?1, ?2, ?3, ?4, c.seq, ?5, ?6 FROM flag_counter c WHERE c.id = 1
                """, arguments, expect: .affected(1))
        }
        plan.add(
            "INSERT INTO flag_history (\(FlagRow.columns)) SELECT \(FlagRow.columns) FROM flags WHERE name = ?1",
            [.text(name)], expect: .affected(1))
        plan.add(
            "DELETE FROM flag_history WHERE name = ?1 AND version <= ?2",
            [.text(name), .integer(Int64(bitPattern: version) - Int64(Self.history))])
        let after = read(name, in: &plan, expect: .rows(1))
        assert(after == Self.row, "a repetition looks there")
        plan.step = Self.step(action, name)
        plan.note(action, name, detail: ["version": String(version), "value": value ?? "(none)"])
        do {
            return .set(try FlagRow.all(try await store.write(plan, at: now)[after])[0])
        } catch .guardFailed(room, _) {
            return .tooMany
        } catch .guardFailed(set, _) {
            return nil
        } catch .conflict where old == nil {
            return nil
        }
    }

    @discardableResult
    private func read(_ name: String, in plan: inout CatalogPlan, expect: CatalogExpectation = .any) -> Int {
        plan.add("SELECT \(FlagRow.columns) FROM flags WHERE name = ?1", [.text(name)], expect: expect)
    }

    private static func number(_ result: CatalogRows) throws(CatalogError) -> UInt64 {
        var reader = RowReader("flag_counter", result.rows[0])
        return try reader.bits()
    }
}

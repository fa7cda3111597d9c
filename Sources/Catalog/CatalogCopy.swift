package import Vocabulary

/// Copies a catalog, table by table in the order of primary keys, into an empty one of another driver.
///
/// From the first step on the source is sealed, so that nothing changes under the copy; until the last one the copy is. How far
/// it has come stands in the copy itself and changes with each page of rows, so that one that was cut short goes on where it
/// was, whoever runs it again. It ends with a comparison of both, and only then gives the copy the source's identity.
package struct CatalogCopy: Sendable {
    /// A catalog and what it is called, without passwords.
    package struct Place: Sendable {
        package let driver: any CatalogDriver
        package let name: String

        package init(_ driver: any CatalogDriver, name: String) {
            self.driver = driver
            self.name = name
        }
    }

    /// What there is to do.
    package enum Plan: Equatable, Sendable {
        case begin
        case goOn(CopyMark)
        /// The copy is whole, and the catalog.
        case done
    }

    package struct Progress: Equatable, Sendable {
        package var table: String
        /// Rows of all tables that are there, and that there will be.
        package var rows: Int
        package var total: Int
        package var isComparing = false
    }

    package struct Row: Equatable, Sendable {
        package let table: String
        package let sum: TableSum
    }

    let source: Place
    let target: Place
    let tables: [CatalogTable]
    private let page: Int
    private let random: @Sendable () -> OperationID
    private let sleep: Sleep

    /// - Parameter page: rows that are copied in one transaction at most.
    package init(
        from source: Place, to target: Place, page: Int = 400, sleep: @escaping Sleep,
        operation: @escaping @Sendable () -> OperationID
    ) {
        self.page = page
        self.source = source
        self.target = target
        self.sleep = sleep
        random = operation
        tables = CatalogTables.copied
    }

    /// Looks at both, and changes nothing.
    ///
    /// - Throws: `CopyError`, `CatalogError`.
    package func plan() async throws -> Plan {
        try await CatalogSchema.verify(source.driver)
        try await CatalogSchema.verify(target.driver)
        guard let identity = try await CatalogIdentity.read(source.driver) else {
            throw CopyError.noSource(source.name)
        }
        let sealed = try await CatalogSeal.read(source.driver)
        switch sealed {
        case .unfinished?: throw CopyError.unfinishedSource(source.name)
        case .moved(let place)? where place != target.name: throw CopyError.movedElsewhere(source.name, place)
        case .moved?, nil: break
        }
        let kept = try await CatalogIdentity.read(target.driver)
        switch try await CatalogSeal.read(target.driver) {
        case .moved(let place)?: throw CopyError.sealedTarget(target.name, place)
        case .unfinished(let mark)?:
            guard mark.source == identity else { throw CopyError.otherCopy(target.name, of: mark.source) }
            return .goOn(mark)
        case nil: break
        }
        if let kept {
            guard kept == identity, sealed != nil else {
                throw CopyError.notEmpty(target.name, "it is a catalog already")
            }
            return .done
        }
        for table in tables where !table.isSeeded {
            guard try await count(table, in: target.driver) == 0 else {
                throw CopyError.notEmpty(target.name, "table \(table.name) has rows")
            }
        }
        return .begin
    }

    /// Rows of the source's tables.
    ///
    /// - Throws: `CatalogError`.
    package func counts() async throws -> [(table: String, rows: Int)] {
        var counts: [(table: String, rows: Int)] = []
        for table in tables { counts.append((table.name, try await count(table, in: source.driver))) }
        return counts
    }

    /// Does what is left to do.
    ///
    /// - Returns: what both sides have, by table; nil where the copy was whole before.
    /// - Throws: `CopyError`, `CatalogError`; run again, it goes on.
    package func run(now: WallTime, tell: @Sendable (Progress) -> Void) async throws -> [Row]? {
        let plan = try await plan()
        // It may be in use, and different, since.
        guard plan != .done else { return nil }
        let total = try await counts().reduce(0) { $0 + $1.rows }
        // The copy first: from here on no node begins a catalog there.
        let mark = try await begin(plan)
        try await seal(source.driver, now)
        try await copy(mark, total: total, tell)
        let rows = try await compare(total: total, tell)
        try await finish()
        return rows
    }

    /// The source takes no operation from here on. It may be another node's, whose tables only that one changes.
    private func seal(_ driver: any CatalogDriver, _ now: WallTime) async throws {
        switch try await CatalogSeal.read(driver) {
        case .moved(let place)? where place == target.name: return
        case .moved(let place)?: throw CopyError.movedElsewhere(source.name, place)
        case .unfinished?: throw CopyError.unfinishedSource(source.name)
        case nil: break
        }
        let statement = CatalogStatement(
            "INSERT INTO catalog_identity (id, identity) VALUES (\(CatalogSeal.row), ?1)",
            [.text(CatalogSeal.moved(to: target.name).text)], expect: .affected(1))
        var operation = CatalogOperation(id: random(), at: now)
        for attempt in 0..<6 {
            do throws(CatalogError) {
                _ = try await driver.run(CatalogTransaction(.write(operation), [statement]))
                return
            } catch {
                switch error {
                case .outcomeUnknown where attempt < 5:
                    // The same again: what the first one came to is what this one is told.
                    operation.repeated = true
                case .unavailable, .conflict:
                    // Sealed, which this is told too where its first copy has done it; or another copy was faster.
                    guard let seal = try await CatalogSeal.read(driver) else { throw error }
                    guard seal == .moved(to: target.name) else { throw CopyError.twoAtOnce(target.name) }
                    return
                default: throw error
                }
            }
            try await sleep(1_000_000_000)
        }
    }

    private func begin(_ plan: Plan) async throws -> CopyMark {
        if case .goOn(let mark) = plan { return mark }
        guard let identity = try await CatalogIdentity.read(source.driver) else {
            throw CopyError.noSource(source.name)
        }
        let mark = CopyMark(source: identity)
        // Looked at again, in the same transaction: a node may have begun to use it since.
        var statements = [CatalogStatement("SELECT 1 FROM catalog_identity LIMIT 1", expect: .rows(0))]
        statements += tables.filter { !$0.isSeeded }.map {
            CatalogStatement("SELECT 1 FROM \($0.name) LIMIT 1", expect: .rows(0))
        }
        // What the migrations put there is in the source too, as it has become since.
        statements += tables.filter(\.isSeeded).map { CatalogStatement("DELETE FROM \($0.name)") }
        statements.append(
            CatalogStatement(
                "INSERT INTO catalog_identity (id, identity) VALUES (\(CatalogSeal.row), ?1)",
                [.text(CatalogSeal.unfinished(mark).text)], expect: .affected(1)))
        try await change(statements, to: mark) { _ in .notEmpty(target.name, "a node has begun to use it") }
        return mark
    }

    private func copy(_ first: CopyMark, total: Int, _ tell: @Sendable (Progress) -> Void) async throws {
        var mark = first
        var before = 0
        for table in tables[..<mark.table] { before += try await count(table, in: target.driver) }
        var pages: CopyPages?
        while mark.table < tables.count {
            let table = tables[mark.table]
            var reading = pages ?? CopyPages(source.driver, table, size: page)
            let rows = try await reading.after(mark.key)
            pages = rows.isEmpty ? nil : reading
            var next = mark
            if rows.isEmpty {
                before += mark.rows
                next = CopyMark(source: mark.source, table: mark.table + 1)
            } else {
                next.rows += rows.count
                next.key = table.keyValues(rows[rows.count - 1])
            }
            let insertions = table.insertions(of: rows)
            try await change([advance(from: mark, to: next)] + insertions, to: next) { statement in
                statement == 0
                    ? .twoAtOnce(target.name)
                    : .notEmpty(target.name, "table \(table.name) has rows of its own by now")
            }
            mark = next
            tell(Progress(table: table.name, rows: before + (rows.isEmpty ? 0 : mark.rows), total: total))
        }
    }

    private func advance(from old: CopyMark, to new: CopyMark) -> CatalogStatement {
        CatalogStatement(
            "UPDATE catalog_identity SET identity = ?1 WHERE id = \(CatalogSeal.row) AND identity = ?2",
            [.text(CatalogSeal.unfinished(new).text), .text(CatalogSeal.unfinished(old).text)], expect: .affected(1))
    }

    /// Changes the copy once, however often it must be tried: the mark tells whether it happened.
    ///
    /// - Parameter refusal: what it means that the statement of this number was refused, and the mark is not there.
    private func change(
        _ statements: [CatalogStatement], to new: CopyMark, refusal: (Int) -> CopyError
    ) async throws {
        for attempt in 0..<6 {
            do throws(CatalogError) {
                _ = try await target.driver.run(CatalogTransaction(.schema, statements))
                return
            } catch {
                switch error {
                case .outcomeUnknown, .unavailable: if attempt == 5 { throw error }
                case .guardFailed(let statement, _), .conflict(let statement):
                    guard try await CatalogSeal.read(target.driver) != .unfinished(new) else { return }
                    throw refusal(statement)
                default: throw error
                }
            }
            try await sleep(1_000_000_000)
        }
    }

    /// Both, whole, one table after the other.
    private func compare(total: Int, _ tell: @Sendable (Progress) -> Void) async throws -> [Row] {
        var rows: [Row] = []
        var done = 0
        for table in tables {
            let progress = Progress(table: table.name, rows: done, total: total, isComparing: true)
            let (ours, theirs) = (
                try await sum(table, in: source.driver) { tell(progress.adding($0)) },
                try await sum(table, in: target.driver) { _ in }
            )
            guard ours == theirs else { throw CopyError.differs(table.name, ours, theirs) }
            done += ours.rows
            rows.append(Row(table: table.name, sum: ours))
        }
        return rows
    }

    private func sum(
        _ table: CatalogTable, in driver: any CatalogDriver, _ tell: (Int) -> Void
    ) async throws -> TableSum {
        var sum = TableSum()
        var pages = CopyPages(driver, table, size: page)
        var key: [CatalogValue] = []
        while true {
            let rows = try await pages.after(key)
            guard let last = rows.last else { return sum }
            for row in rows { sum.add(row) }
            key = table.keyValues(last)
            tell(sum.rows)
        }
    }

    /// The copy is a catalog from here on, and which one: if the source still says that this is the one.
    private func finish() async throws {
        guard let identity = try await CatalogIdentity.read(source.driver) else {
            throw CopyError.noSource(source.name)
        }
        guard try await CatalogSeal.read(source.driver) == .moved(to: target.name) else {
            throw CopyError.reopened(source.name)
        }
        let statements = [
            CatalogStatement("DELETE FROM catalog_identity WHERE id = \(CatalogSeal.row)", expect: .affected(1)),
            CatalogStatement(
                "INSERT INTO catalog_identity (id, identity) VALUES (1, ?1)", [.text(identity.description)],
                expect: .affected(1)),
        ]
        do {
            try await change(statements, to: CopyMark(source: identity)) { _ in .twoAtOnce(target.name) }
        } catch CopyError.twoAtOnce(let name) {
            // The answer was lost, or somebody else has finished it.
            guard try await CatalogIdentity.read(target.driver) == identity else { throw CopyError.twoAtOnce(name) }
        }
    }

    private func count(_ table: CatalogTable, in driver: any CatalogDriver) async throws -> Int {
        let counted = CatalogStatement("SELECT COUNT(*) FROM \(table.name)", expect: .rows(1))
        var reader = RowReader(
            table.name, try await driver.run(CatalogTransaction(.read, [counted], isLong: true))[0].rows[0])
        return Int(try reader.integer())
    }
}

extension CatalogCopy.Progress {
    fileprivate func adding(_ rows: Int) -> CatalogCopy.Progress {
        var progress = self
        progress.rows += rows
        return progress
    }
}

import Catalog
import Testing
import Vocabulary

/// What every catalog driver must do, as functions over a fresh, unmigrated catalog. One call per catalog.
///
/// Each test target that has a driver runs all of `cases` on it.
struct CatalogConformance: Sendable {
    let driver: any CatalogDriver
    let store: CatalogStore
    let tenants: TenantRows
    let placements: PlacementRows
    let nodes: NodeRows
    let moves: MoveRows
    let log: ChangeLog

    static let cases: [(name: String, run: @Sendable (CatalogConformance) async throws -> Void)] = [
        ("guards roll back", { try await $0.guardsRollBack() }),
        ("values come back as they went", { try await $0.valuesRoundTrip() }),
        ("an operation happens once", { try await $0.operationsHappenOnce() }),
        ("copies of an operation at once happen once", { try await $0.copiesAtOnce() }),
        ("operations at once all happen", { try await $0.operationsAtOnce() }),
        ("a sealed catalog takes no operation", { try await $0.sealed() }),
        ("a text with a NUL is refused", { try await $0.nulRefused() }),
        ("a repeated refusal binds the copy still under way", { try await $0.repeatedRefusalBinds() }),
        ("the schema", { try await $0.schema() }),
        ("a tenant's life", { try await $0.tenantLife() }),
        ("tenants that nobody has used", { try await $0.unusedTenants() }),
        ("creations that change hands", { try await $0.creations() }),
        ("keys", { try await $0.keys() }),
        ("listing", { try await $0.listing() }),
        ("patches", { try await $0.patches() }),
        ("nodes and leases", { try await $0.leases() }),
        ("identities", { try await $0.identities() }),
        ("nodes that are emptied", { try await $0.drains() }),
        ("nodes report", { try await $0.reports() }),
        ("a move", { try await $0.move() }),
        ("moves that are refused", { try await $0.refusedMoves() }),
        ("a restarted source", { try await $0.restartedSource() }),
        ("the change log", { try await $0.changeLog() }),
        ("signing keys and revocations", { try await $0.keysAndTokens() }),
        ("housekeeping", { try await $0.housekeeping() }),
        ("changes have authors", { try await $0.authors() }),
        ("the audit log by page", { try await $0.auditPages() }),
        ("claims", { try await $0.claims() }),
        ("claims that expire", { try await $0.expiredClaims() }),
        ("flags", { try await $0.flags() }),
        ("flags roll back", { try await $0.flagRollback() }),
        ("requests that are done once", { try await $0.requestKeys() }),
        ("what a repeated request finds", { try await $0.repeatedRequests() }),
        ("what a repeated rollback finds", { try await $0.repeatedRollbacks() }),
        ("changes of keys", { try await $0.keyChanges() }),
        ("users and their emails", { try await $0.usersAndEmails() }),
        ("users that change", { try await $0.changingUsers() }),
        ("users that change at once", { try await $0.usersAtOnce() }),
        ("memberships", { try await $0.memberships() }),
        ("sessions", { try await $0.sessions() }),
        ("sessions beyond the bound", { try await $0.manySessions() }),
        ("sessions of another version", { try await $0.damagedSessions() }),
        ("changes of users", { try await $0.userChanges() }),
        ("a sign-up", { try await $0.signUp() }),
        ("sign-ups that end otherwise", { try await $0.signUpsUndone() }),
        ("racing sign-ups", { try await $0.racingSignUps() }),
    ]

    init(_ driver: any CatalogDriver, dialect: CatalogDialect) async throws {
        self.driver = driver
        store = .over(driver)
        tenants = TenantRows(store)
        placements = PlacementRows(store)
        nodes = NodeRows(store)
        moves = MoveRows(store)
        log = ChangeLog(store)
        try await CatalogSchema.migrate(driver, dialect: dialect, at: .hours(0))
    }

    /// Registers n1, n2, … and returns their rows.
    func register(_ count: Int) async throws -> [NodeRow] {
        var rows: [NodeRow] = []
        for number in 1...count {
            let name = "n\(number)"
            rows.append(
                try await nodes.register(
                    NodeRegistration(id: node(name), address: "http://\(name):8080", stopsAtDeadline: true),
                    at: .hours(0)))
        }
        return rows
    }

    /// A tenant on n1, ready.
    func ready(_ name: String, on owner: String = "n1") async throws -> TenantRow {
        guard case .created(let row) = try await tenants.create(.init(key: key(name)), on: node(owner), at: .hours(0))
        else { throw ConformanceFailure(what: "\(name) was not created") }
        return try #require(
            try await tenants.markReady(row.id, by: row.placement.owner, epoch: row.placement.epoch, at: .hours(0)))
    }

    func prepared(_ tenant: TenantRow, to target: String, move: String) async throws -> Placement {
        let outcome = try await placements.prepare(
            tenant.id, version: tenant.placement.version, to: node(target), move: move, at: .hours(1))
        guard case .prepared(let row) = outcome else { throw ConformanceFailure(what: "\(outcome)") }
        return row
    }

    func commit(_ row: Placement, by source: NodeRow) -> MoveCommit {
        MoveCommit(
            tenant: row.tenant, move: row.move!, version: row.version, source: source.id,
            incarnation: source.incarnation, txid: TxID(7), checksum: .max)
    }
}

struct ConformanceFailure: Error {
    let what: String
}

/// Runs a body that must throw, and gives its error.
func failure<Result>(_ body: () async throws(CatalogError) -> Result) async -> CatalogError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error
    }
}

import Access
import Accounts
import Catalog
import CatalogDrivers
import Foundation
import Journal
import Seams
import Tenants
import Terminal
import Vocabulary

/// An embedded catalog with many users and sessions, and what looks them up.
struct SessionStage: Sendable {
    struct Result: Sendable {
        let name: String
        let rate: Double
        /// Nanoseconds; of single look-ups, except where they are too quick to be timed one by one.
        let p50: Int64
        let p99: Int64
    }

    /// Users of one transaction while loading; each takes a row in four tables.
    private static let batch = 1_000
    private static let time = SystemTime()
    /// Look-ups that are timed together where one is shorter than a look at the clock is exact.
    private static let together = 64

    private let engine: TenantEngine
    private let driver: EmbeddedCatalog
    private let tokens: Tokens

    /// What was loaded: tokens by number, made anew instead of kept.
    private struct Tokens: Sendable {
        func token(_ number: Int) -> String {
            SessionToken.prefix + TokenText.text(number)
        }

        func digest(_ number: Int) -> [UInt8] { TokenText.digest(token(number)) }
    }

    static func open(_ folder: String) async throws -> SessionStage {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var journal = JournalOptions()
        journal.journalBytes = 1 << 30
        let start = EngineStart(
            settings: EngineSettings(directory: folder), journalOptions: journal, files: PosixFiles(), time: time,
            random: SystemRandom())
        let engine = try await NodeCore.blocking {
            try start.run(progress: { _ in }, onFatal: { NodeEnd.atOnce("\($0)") })
        }
        let driver = EmbeddedCatalog(engine: engine)
        try await driver.prepare()
        try await CatalogSchema.migrate(driver, dialect: .sqlite, at: time.wall())
        return SessionStage(engine: engine, driver: driver, tokens: Tokens())
    }

    func close() async throws { try await NodeCore.blocking { [engine] in try engine.shutdown() } }

    // MARK: Loading

    func load(_ count: Int, note: (ProgressLine) -> Void) async throws {
        let started = ContinuousClock.now
        let ends = Self.time.wall().milliseconds + 86_400_000
        try await write([
            CatalogStatement(
                """
                INSERT INTO tenants (id, key, schema_name, state, durability, labels, quotas, created, revision, bytes, txid)
                VALUES (1000, 'acme', 'default', 'ready', 'local', '{}', '{}', 0, 1, 0, 0)
                """)
        ])
        for first in stride(from: 0, to: count, by: Self.batch) {
            let numbers = first..<min(count, first + Self.batch)
            // At most 512 statements a transaction: several rows each.
            var statements: [CatalogStatement] = []
            for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 8) {
                let rows = start..<min(numbers.upperBound, start + 8)
                statements += [users(rows), members(rows), sessions(rows, ends: ends)]
            }
            try await write(statements)
            note(
                ProgressLine(
                    label: "loading", done: Int64(numbers.upperBound), total: Int64(count),
                    elapsed: ContinuousClock.now - started))
        }
    }

    private func write(_ statements: [CatalogStatement]) async throws {
        _ = try await driver.run(CatalogTransaction(.schema, statements))
    }

    private func users(_ numbers: Range<Int>) -> CatalogStatement {
        insert(
            "users (id, email, normal, rule, state, created, changed, revision)",
            numbers.map { number in
                let email = CatalogValue.text("user\(number)@example.com")
                return [id(number), email, email, .integer(1), .text("active"), .integer(0), .integer(0), .integer(1)]
            })
    }

    private func members(_ numbers: Range<Int>) -> CatalogStatement {
        insert(
            "memberships (user_id, tenant, role, created, changed)",
            numbers.map { [id($0), .integer(1000), .text("rw"), .integer(0), .integer(0)] })
    }

    /// The columns that are the same in all rows stand in the statement, which takes 64 values.
    private func sessions(_ numbers: Range<Int>, ends: Int64) -> CatalogStatement {
        let rows = numbers.enumerated().map { index, _ in
            "(?\(index * 3 + 1), ?\(index * 3 + 2), ?\(index * 3 + 3), 'phone', '', 0, 0, \(ends), \(ends))"
        }
        return CatalogStatement(
            """
            INSERT INTO sessions (digest, id, user_id, device, origin, created, slid, expires, ends)
            VALUES \(rows.joined(separator: ", "))
            """, numbers.flatMap { [.blob(tokens.digest($0)), id($0), id($0)] })
    }

    private func insert(_ table: String, _ rows: [[CatalogValue]]) -> CatalogStatement {
        var number = 0
        let texts = rows.map { row in
            let places = row.map { _ in
                number += 1
                return "?\(number)"
            }
            return "(" + places.joined(separator: ", ") + ")"
        }
        return CatalogStatement("INSERT INTO \(table) VALUES \(texts.joined(separator: ", "))", rows.flatMap { $0 })
    }

    /// Spread as random ones are.
    private func id(_ number: Int) -> CatalogValue {
        .integer(Int64(bitPattern: UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15))
    }

    // MARK: Measuring

    func measure(_ lookups: Int, inFlight: Int) async throws -> [Result] {
        let count = try await total()
        let store = CatalogStore(driver: driver, random: SystemRandom(), sleep: NodeParts.sleep)
        let source = CatalogSessions(store: store, time: Self.time)
        let users = UserRows(store)
        return [
            try await remembered(lookups, count, source),
            try await asked("session by token, from the catalog", lookups, inFlight) { number in
                _ = try await source.session(of: tokens.digest(Self.pick(number, count)))
            },
            try await asked("user by email", lookups, inFlight) { number in
                _ = try await users.find(normal: "user\(Self.pick(number, count))@example.com")
            },
        ]
    }

    private func total() async throws -> Int {
        let rows = try await driver.run(
            CatalogTransaction(.read, [CatalogStatement("SELECT COUNT(*) FROM sessions")]))
        guard case .integer(let count)? = rows[0].rows.first?.first else { return 0 }
        return Int(count)
    }

    private static func pick(_ number: Int, _ count: Int) -> Int {
        Int((UInt64(number) &* 0xBF58_476D_1CE4_E5B9 >> 20) % UInt64(count))
    }

    /// As a router does for a request: from the header to what it allows.
    private func remembered(_ lookups: Int, _ count: Int, _ source: CatalogSessions) async throws -> Result {
        let cache = SessionCache(
            capacity: 200_000, bound: 3_600_000_000_000, staleFor: 0, time: Self.time)
        let authenticator = Authenticator(
            admins: .none, verifier: TokenVerifier(keys: SigningKeys(), time: Self.time),
            throttle: AuthThrottle(time: Self.time), credentialsConfigured: true,
            sessions: .init(cache: cache, source: source))
        let headers = (0..<min(1024, count)).map { "Bearer " + tokens.token(Self.pick($0, count)) }
        for header in headers { _ = try await authenticator.readSession(authorization: header, from: nil) }
        cache.heard(Self.time.monotonic())
        let clock = ContinuousClock()
        var spans: [Duration] = []
        let rounds = max(1, lookups / Self.together)
        let whole = try clock.measure {
            for round in 0..<rounds {
                spans.append(
                    try clock.measure {
                        for index in 0..<Self.together {
                            let header = headers[(round &* 31 &+ index) % headers.count]
                            _ = try authenticator.authenticate(authorization: header, from: "10.0.0.1")
                        }
                    } / Self.together)
            }
        }
        return Self.result("session by token, remembered", rounds * Self.together, whole, spans)
    }

    private func asked(
        _ name: String, _ lookups: Int, _ inFlight: Int, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws -> Result {
        let clock = ContinuousClock()
        let started = clock.now
        let spans = try await withThrowingTaskGroup(of: [Duration].self) { group in
            for worker in 0..<inFlight {
                group.addTask {
                    var spans: [Duration] = []
                    for number in stride(from: worker, to: lookups, by: inFlight) {
                        let begun = clock.now
                        try await body(number)
                        spans.append(clock.now - begun)
                    }
                    return spans
                }
            }
            return try await group.reduce(into: [], +=)
        }
        return Self.result(name, lookups, clock.now - started, spans)
    }

    private static func result(_ name: String, _ count: Int, _ whole: Duration, _ spans: [Duration]) -> Result {
        let sorted = spans.sorted()
        func at(_ share: Double) -> Int64 {
            Int64(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))].nanoseconds)
        }
        return Result(
            name: name, rate: Double(count) / (Double(whole.nanoseconds) / 1e9), p50: at(0.5), p99: at(0.99))
    }
}

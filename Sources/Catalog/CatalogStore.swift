package import Seams
import Vocabulary

/// A catalog as its operations use it: reads, and writes that happen exactly once.
package struct CatalogStore: Sendable {
    package let driver: any CatalogDriver
    /// Milliseconds for which a key that was given up is kept from other tenants: longer than any router remembers it.
    package let keyHold: Int64
    private let random: any RandomSource
    private let sleep: Sleep

    /// Pauses between repetitions of a write whose outcome is unknown; their number is the budget.
    private static let pauses: [UInt64] = [50_000_000, 250_000_000, 1_000_000_000]

    /// - Parameter keyHold: milliseconds; 0 where the only router hears of every change before it is answered.
    package init(
        driver: any CatalogDriver, random: any RandomSource, sleep: @escaping Sleep,
        keyHold: Int64 = TenantRows.defaultKeyHold
    ) {
        self.driver = driver
        self.keyHold = keyHold
        self.random = random
        self.sleep = sleep
    }

    /// - Throws: `CatalogError`.
    func read(_ plan: CatalogPlan) async throws(CatalogError) -> [CatalogRows] {
        try await driver.run(CatalogTransaction(.read, plan.statements))
    }

    /// Runs the plan once. While the outcome is unknown the same transaction is sent again under the same operation id.
    ///
    /// - Throws: `CatalogError`; `outcomeUnknown` only after the budget is used up.
    func write(_ plan: CatalogPlan, at now: WallTime) async throws(CatalogError) -> [CatalogRows] {
        var operation = CatalogOperation(id: OperationID(random: random), at: now)
        var doubt: String
        do {
            return try await driver.run(CatalogTransaction(.write(operation), plan.statements))
        } catch .outcomeUnknown(let why) {
            doubt = why
        }
        operation.repeated = true
        for pause in Self.pauses {
            do { try await sleep(pause) } catch { break }
            do {
                return try await driver.run(CatalogTransaction(.write(operation), plan.statements))
            } catch .outcomeUnknown(let why) {
                doubt = why
            } catch .unavailable(let why) {
                // This copy did nothing, the first one may have.
                doubt = why
            }
        }
        throw .outcomeUnknown(doubt)
    }

    /// A random id outside the reserved range. The catalog's primary key keeps it unique.
    func freshTenantID() -> TenantID {
        while true {
            let id = TenantID(random.next())
            if !id.isReserved { return id }
        }
    }

    func freshID() -> UInt64 { random.next() }

    /// A short wait of random length before another attempt at what somebody else came before; longer with each attempt.
    func pause(before attempt: Int) async {
        try? await sleep(random.next() % (2_000_000 * UInt64(attempt)))
    }
}

/// Collects a transaction's statements and remembers by name which guard is which.
struct CatalogPlan {
    private(set) var statements: [CatalogStatement] = []

    /// - Returns: the statement's index, by which its result or its failed guard is found.
    @discardableResult
    mutating func add(
        _ sql: String, _ arguments: [CatalogValue] = [], expect: CatalogExpectation = .any
    ) -> Int {
        statements.append(CatalogStatement(sql, arguments, expect: expect))
        return statements.count - 1
    }
}

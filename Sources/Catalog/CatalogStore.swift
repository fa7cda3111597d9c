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

    /// Runs the plan once, with what the audit log is to say of it. While the outcome is unknown the same transaction is sent
    /// again under the same operation id; within a request that is done once, also by every repetition of the request.
    ///
    /// - Throws: `CatalogError`; `outcomeUnknown` only after the budget is used up.
    func write(_ plan: CatalogPlan, at now: WallTime) async throws(CatalogError) -> [CatalogRows] {
        let author = AuditAuthor.current ?? .system
        let statements =
            plan.statements
            + notes(on: plan, by: author).map { note in
                note.statement(by: author, id: freshID(), at: now)
            }
        let results: [CatalogRows]
        if let scope = OnceScope.current, !plan.isUnnoted, !plan.isRepeatable {
            results = try await write(statements, as: OnceScope.Shape(plan), in: scope, at: now)
        } else {
            results = try await send(statements, as: OperationID(random: random), at: now)
        }
        if statements.count > plan.statements.count { author.call?.isNoted.set() }
        return Array(results.prefix(plan.statements.count))
    }

    private func notes(on plan: CatalogPlan, by author: AuditAuthor) -> [AuditNote] {
        guard plan.notes.isEmpty, !plan.isUnnoted, let call = author.call, !call.isNoted.value else {
            return plan.notes
        }
        return [AuditNote(call.action, call.subject)]
    }

    /// The refusals of one write that came after a doubt about an earlier copy, at most.
    private static let bindingRefusals = 8

    /// What a request did before under this key is not done again: its writes have the ids that they had then.
    ///
    /// Only what succeeded binds a repetition. A refusal is stored only where an earlier copy was in doubt, or may still be under
    /// way, since an earlier run sent it; by a later write of the same name it is passed over.
    private func write(
        _ statements: [CatalogStatement], as shape: OnceScope.Shape, in scope: OnceScope, at now: WallTime
    ) async throws(CatalogError) -> [CatalogRows] {
        for attempt in 0..<Self.bindingRefusals {
            let id = scope.operation(shape, attempt: attempt)
            let isOld = scope.isRepetition ? try await isStored(id) : false
            // The last is left open, so that a request may be repeated for ever.
            let mayBeUnderWay = scope.isRepetition && attempt < Self.bindingRefusals - 1
            do {
                let results = try await send(statements, as: id, at: now, repeated: mayBeUnderWay)
                scope.succeeded(shape)
                return results
            } catch {
                guard error.isVerdict else { throw error }
                if scope.isRepetition ? !isOld : try await !isStored(id) { throw error }
            }
        }
        throw .unavailable("too many refusals of one write")
    }

    /// What an earlier run of this request was told of its write of that name: to be asked where a look at what stands now would
    /// refuse what is done already.
    ///
    /// - Returns: nil where it was not done, and outside of repetitions.
    func earlier(_ step: CatalogPlan.Step, at now: WallTime) async throws(CatalogError) -> [CatalogRows]? {
        guard let scope = OnceScope.current, scope.isRepetition else { return nil }
        let shape = OnceScope.Shape(step)
        for attempt in 0..<Self.bindingRefusals {
            let id = scope.operation(shape, attempt: attempt)
            guard try await isStored(id) else { return nil }
            do {
                // It is there: nothing is run, and the answer waits until it is durable.
                let results = try await send([], as: id, at: now)
                scope.succeeded(shape)
                return results
            } catch {
                guard error.isVerdict else { throw error }
            }
        }
        return nil
    }

    private func isStored(_ id: OperationID) async throws(CatalogError) -> Bool {
        let look = CatalogStatement("SELECT id FROM operations WHERE id = ?1", [.blob(id.bytes)])
        return try await !driver.run(CatalogTransaction(.read, [look]))[0].rows.isEmpty
    }

    /// - Parameter repeated: an earlier copy may still be under way: a refusal is to hold for it too.
    private func send(
        _ statements: [CatalogStatement], as id: OperationID, at now: WallTime, repeated: Bool = false
    ) async throws(CatalogError) -> [CatalogRows] {
        var operation = CatalogOperation(id: id, at: now)
        operation.repeated = repeated
        var doubt: String
        do {
            return try await driver.run(CatalogTransaction(.write(operation), statements))
        } catch .outcomeUnknown(let why) {
            doubt = why
        }
        operation.repeated = true
        for pause in Self.pauses {
            do { try await sleep(pause) } catch { break }
            do {
                return try await driver.run(CatalogTransaction(.write(operation), statements))
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
            let id = TenantID(freshID())
            if !id.isReserved { return id }
        }
    }

    /// Within a request that is done once its repetitions get the same numbers: what was stored under one is found again.
    func freshID() -> UInt64 { OnceScope.current?.next() ?? random.next() }

    /// Of a request that is to be done once: random in each.
    func freshSeed() -> OperationID { OperationID(random: random) }

    /// 256 random bits that name a claim.
    func freshToken() -> [UInt8] { random.bytes(32) }

    /// A short wait of random length before another attempt at what somebody else came before; longer with each attempt.
    func pause(before attempt: Int) async {
        try? await sleep(random.next() % (2_000_000 * UInt64(attempt)))
    }
}

/// Collects a transaction's statements and remembers by name which guard is which.
struct CatalogPlan {
    private(set) var statements: [CatalogStatement] = []
    /// What the audit log is to say of it, in the same transaction.
    private(set) var notes: [AuditNote] = []
    /// Which write of a request it is: a name that stays over versions, and what it is about.
    struct Step {
        let name: String
        let subjects: [String]

        /// - Parameter subjects: none that is chosen anew by a repetition, such as a random id.
        init(_ name: String, _ subjects: String...) {
            self.name = name
            self.subjects = subjects
        }
    }

    /// Where it is nil the first note's action is the name.
    var step: Step?
    /// Bookkeeping of the request itself, which is nobody's change.
    var isUnnoted = false
    /// Done again it changes nothing more, by its own guards: a request's repetition runs it on what stands now, and is not told
    /// what an earlier run was told.
    var isRepeatable = false

    /// - Returns: the statement's index, by which its result or its failed guard is found.
    @discardableResult
    mutating func add(
        _ sql: String, _ arguments: [CatalogValue] = [], expect: CatalogExpectation = .any
    ) -> Int {
        statements.append(CatalogStatement(sql, arguments, expect: expect))
        return statements.count - 1
    }

    mutating func add(_ statement: CatalogStatement) { statements.append(statement) }

    /// Writes down who did this, with the change itself.
    mutating func note(_ note: AuditNote) { notes.append(note) }

    mutating func note(
        _ action: String, _ subject: String, tenant: TenantID? = nil, detail: [String: String] = [:]
    ) { notes.append(AuditNote(action, subject, tenant: tenant, detail: detail)) }
}

import Foundation
import SQLiteKit
import Simulator
import Vocabulary

@testable import Tenants

extension Crowd {
    // MARK: Readers

    /// Everything of a tenant that must fit together, in one statement.
    ///
    /// - Parameter steps: of counting before, for those that must take their time.
    func look(_ session: SQLSession, countingTo steps: Int = 0) throws(SQLFailure) -> CrowdSight {
        let running = try session.start(
            """
            SELECT id, next, balance, (SELECT count FROM version),
                (SELECT group_concat(n) FROM (SELECT n FROM list ORDER BY n DESC LIMIT 24)),
                (WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < \(steps)) SELECT max(i) FROM c)
            FROM account
            """)
        var sight = CrowdSight(accounts: [:], version: -1, numbers: [])
        do throws(SQLFailure) {
            while try running.step() {
                let row = running.statement
                sight.accounts[row.integer(0)] = CrowdSight.Account(next: row.integer(1), balance: row.integer(2))
                sight.version = row.integer(3)
                if sight.accounts.count == 1 { sight.numbers = row.string(4).split(separator: ",").map { Int64($0)! } }
            }
        } catch {
            _ = running.finish()
            throw error
        }
        _ = running.finish()
        return sight
    }

    func read(_ id: TenantID, _ random: SeededRandom) async {
        await see("a read", id, countingTo: 0, .reads)
    }

    /// Long enough to be given a thread of its own.
    func readSlowly(_ id: TenantID, _ random: SeededRandom) async {
        await see("a slow read", id, countingTo: 100_000 + random.below(200_000), .slowReads)
    }

    private func see(_ what: String, _ id: TenantID, countingTo steps: Int, _ kind: CrowdCounts.Kind) async {
        let floor = ledger.floor(of: id)
        let seen = CrowdNote<CrowdSight>()
        let isAnswered = await request(what, id, rights: .read) { [self] call throws(SQLFailure) in
            let sight = try look(call.session, countingTo: steps)
            ledger.saw(sight, in: id, since: floor)
            seen.take(sight)
        }
        guard isAnswered, let sight = seen.value else { return }
        ledger.told(of: sight, in: id)
        counts.add(kind)
    }

    /// Sees the same in every request until it ends.
    func snapshot(_ id: TenantID, _ random: SeededRandom) async {
        let stream = CrowdStream()
        let first = CrowdNote<CrowdSight>()
        let floor = ledger.floor(of: id)
        for step in 0..<4 {
            let isAnswered = await request("a snapshot", id, stream) { [self] call throws(SQLFailure) in
                if step == 0 { _ = try call.session.beginReadOnly() }
                let sight = try look(call.session)
                if step == 0 {
                    ledger.saw(sight, in: id, since: floor)
                    first.take(sight)
                } else if sight != first.value {
                    ledger.violate("tenant \(id): a snapshot changed")
                }
                if step == 3 { try call.execute("COMMIT") }
            }
            guard isAnswered else { return }
            try? await Task.sleep(for: .milliseconds(random.below(12)))
        }
        counts.add(.snapshots)
    }

    // MARK: Writers

    func write(_ id: TenantID, _ random: SeededRandom) async {
        let number = ledger.begin()
        let version = CrowdNote<Int64>()
        let isLarge = random.once(in: 4)
        let isAnswered = await request("a write", id) { [self] call throws(SQLFailure) in
            if isLarge { try call.execute("UPDATE account SET pad = randomblob(3000) WHERE id < 6") }
            ledger.mayBeSeen(number)
            try call.execute("INSERT INTO list VALUES (?1)", [.integer(number)])
            version.take(try call.integers("SELECT count FROM version")[0])
        }
        guard isAnswered, let version = version.value else { return }
        ledger.acknowledge(number, version: version, in: id)
        counts.add(.writes)
        guard random.once(in: 3) else { return }
        await read(id, random)
    }

    private enum Step: CaseIterable { case begin, look, first, second, third }

    /// Three accounts in a row, a → b → c → d, become a → c → b → d, and a pays c: a request for each change, with
    /// pauses.
    func transact(_ id: TenantID, _ random: SeededRandom) async {
        let stream = CrowdStream()
        let number = CrowdNote<Int64>()
        let seen = CrowdNote<CrowdSight>()
        let start = Int64(random.below(Int(CrowdSight.accounts)))
        let isDeferred = random.once(in: 3)
        let floor = ledger.floor(of: id)
        for step in Step.allCases {
            let isAnswered = await request("\(step) in a transaction", id, stream) { [self] call throws(SQLFailure) in
                if step == .begin { return try call.execute(isDeferred ? "BEGIN" : "BEGIN IMMEDIATE") }
                if step == .look { seen.take(try look(call.session)) }
                guard let sight = seen.value else { return }
                if step == .look { return ledger.saw(sight, in: id, since: floor) }
                try change(step, from: start, sight, number, call)
            }
            guard isAnswered else { return }
            if random.once(in: 4) { try? await Task.sleep(for: .milliseconds(random.below(8))) }
        }
        await finish(id, stream, number.value!, seen.value!.version + 1, isCommit: !random.once(in: 4))
    }

    private func change(_ step: Step, from a: Int64, _ sight: CrowdSight, _ note: CrowdNote<Int64>, _ call: CrowdCall)
        throws(SQLFailure)
    {
        let b = sight.accounts[a]!.next
        let c = sight.accounts[b]!.next
        let d = sight.accounts[c]!.next
        let update = "UPDATE account SET next = ?2, balance = balance + ?3, pad = randomblob(700) WHERE id = ?1"
        switch step {
        case .begin, .look: break
        case .first: try call.execute(update, [.integer(a), .integer(c), .integer(-7)])
        case .second: try call.execute(update, [.integer(b), .integer(d), .integer(0)])
        case .third:
            try call.execute(update, [.integer(c), .integer(b), .integer(7)])
            // Now, so that it is among the newest.
            let number = ledger.begin()
            note.take(number)
            try call.execute("INSERT INTO list VALUES (?1)", [.integer(number)])
        }
    }

    private func finish(_ id: TenantID, _ stream: CrowdStream, _ number: Int64, _ version: Int64, isCommit: Bool) async
    {
        let isAnswered = await request(isCommit ? "a commit" : "a rollback", id, stream) {
            [self] call throws(SQLFailure) in
            let sight = try look(call.session)
            ledger.saw(sight, in: id, since: version, own: number)
            if let wrong = sight.wrong { ledger.violate("tenant \(id): in its own transaction \(wrong)") }
            if sight.version != version { ledger.violate("tenant \(id): somebody wrote beside a transaction") }
            if isCommit { ledger.mayBeSeen(number) }
            try call.execute(isCommit ? "COMMIT" : "ROLLBACK")
        }
        guard isAnswered else { return }
        if isCommit { ledger.acknowledge(number, version: version, in: id) }
        counts.add(isCommit ? .commits : .rollbacks)
    }

    // MARK: Those that keep things

    /// Begins and goes away, in the middle of writing or with an old snapshot; comes back when it is perhaps too late.
    func linger(_ id: TenantID, _ random: SeededRandom) async {
        let stream = CrowdStream()
        let isWriter = random.once(in: 2)
        let isAnswered = await request("lingering", id, stream) { [self] call throws(SQLFailure) in
            try call.execute(isWriter ? "BEGIN IMMEDIATE" : "BEGIN")
            if isWriter {
                try call.execute("UPDATE account SET next = 0, balance = 0, pad = zeroblob(3000)")
            } else {
                _ = try look(call.session)
            }
        }
        try? await Task.sleep(for: .milliseconds(10 + random.below(40)))
        guard isAnswered, !random.once(in: 3) else { return }
        if await request(
            "the end of lingering", id, stream, { call throws(SQLFailure) in try call.execute("ROLLBACK") })
        {
            counts.add(.rollbacks)
        }
    }

    /// Temp tables and counters are a caller's own, though all call them the same.
    func keepOwn(_ id: TenantID, _ random: SeededRandom) async {
        let stream = CrowdStream(isKept: true)
        let mine = Int64(random.below(1_000_000)) + 1
        let isTable = random.once(in: 2)
        let number = ledger.begin()
        let begun = await request("own state", id, stream) { [self] call throws(SQLFailure) in
            if isTable {
                try call.execute("CREATE TEMP TABLE mine(x)")
                try call.execute("INSERT INTO mine VALUES (?1)", [.integer(mine)])
            } else {
                ledger.mayBeSeen(number)
                try call.execute("INSERT INTO list VALUES (?1)", [.integer(number)])
            }
        }
        guard begun else { return }
        try? await Task.sleep(for: .milliseconds(random.below(10)))
        let again = await request("own state again", id, stream) { [self] call throws(SQLFailure) in
            let found = try call.integers(isTable ? "SELECT x FROM mine" : "SELECT last_insert_rowid()")
            // A stream that kept nothing but its counter may have been forgotten and made anew.
            let right: [[Int64]] = isTable ? [[mine]] : [[number], [0]]
            if !right.contains(found) { ledger.violate("tenant \(id): \(found) is another caller's") }
            if isTable { try call.execute("DROP TABLE mine") }
        }
        if again { counts.add(.own) }
    }

    // MARK: Those that move house

    /// Parks a tenant's writers, as a move does, and lets them go on.
    func hold(_ id: TenantID, _ random: SeededRandom) async {
        let request = watch.begin("a hold of tenant \(id)")
        defer { watch.ended(request) }
        do {
            let before = ledger.floor(of: id)
            let state = try await engine.freeze(id, patience: 50_000_000, endingTransactions: random.once(in: 2)) {
                try await Task.sleep(nanoseconds: $0)
            }
            try? await Task.sleep(for: .milliseconds(random.below(10)))
            let facts = engine.facts(of: id)
            try await engine.thaw(id)
            if facts != state { ledger.violate("tenant \(id), \(before): it changed while it was held") }
            counts.add(.holds)
        } catch let error as TenantsError {
            note(error)
        } catch {
            // Somebody would not let go.
        }
        try? await Task.sleep(for: .milliseconds(random.below(100)))
    }

    /// Has the tenant go on in another file, under everybody who uses it.
    func compact(_ id: TenantID, _ random: SeededRandom) async {
        let request = watch.begin("a compaction of tenant \(id)")
        let ended = await engine.vacuum(id)
        watch.ended(request)
        switch ended {
        case .success?: counts.add(.compactions)
        case .failure(.busy)?, .failure(.writerBusy)?, nil: break
        case .failure(let error)?: ledger.violate("tenant \(id), a compaction: \(error)")
        }
        try? await Task.sleep(for: .milliseconds(5 + random.below(60)))
    }

    /// A tenant that is made, written to and dropped, again and again: nothing of the last one may show.
    func comeAndGo(until end: Date) async {
        let id = TenantID(6_000)
        while Date() < end, !isOver.isSet {
            let request = watch.begin("a coming and going")
            defer { watch.ended(request) }
            do {
                try await engine.create(id, template: try template(), epoch: .first)
                let seen = CrowdNote<CrowdSight>()
                _ = await self.request("the first look", id) { [self] call throws(SQLFailure) in
                    seen.take(try look(call.session))
                    try call.execute("INSERT INTO list VALUES (1)")
                }
                if let seen = seen.value, seen != CrowdSight(accounts: CrowdSight.beginning, version: 0, numbers: []) {
                    ledger.violate("a new tenant is not empty")
                }
                try await drop(id)
                counts.add(.arrivals)
            } catch let error as TenantsError {
                note(error)
            } catch {
                ledger.violate("\(error)")
            }
        }
    }

    /// Until it is gone: the next one could not be made else.
    private func drop(_ id: TenantID) async throws {
        while true {
            do {
                return try await engine.drop(id)
            } catch TenantsError.busy {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }
}

/// Left by a request on the tenant's thread, read when it was answered.
final class CrowdNote<Value: Sendable>: @unchecked Sendable {
    // @unchecked: one request after the other; what answers them puts the threads in order.
    private(set) var value: Value?
    func take(_ value: Value) { self.value = value }
}

import Foundation
import Processes
import Testing

/// What each tenant must hold: what was acknowledged, what is in doubt, and what a reader was shown.
final class Ledger: @unchecked Sendable {
    // @unchecked: an entry belongs to the writer that claimed it; the table is behind the lock.
    private struct Entry {
        /// After the last acknowledged commit.
        var model = Model()
        /// What it may be instead: something was sent and no answer came.
        var doubts: [Model] = []
        /// The newest version that anybody was shown.
        var shown = 0
        var isClaimed = false
        /// Its creation was acknowledged.
        var isThere = false
    }

    private let lock = NSLock()
    private var entries: [Entry]
    private(set) var commits = 0
    /// Answers that showed a version.
    private(set) var reads = 0
    private(set) var doubts = 0
    /// Acknowledged.
    private(set) var compactions = 0

    init(tenants: Int) { entries = Array(repeating: Entry(), count: tenants) }

    var count: Int { entries.count }
    func name(_ index: Int) -> String { "crash-\(index)" }

    /// Makes what is not there yet. Ends early where the server does.
    func createTenants(_ house: CrashHouse) {
        guard let wire = try? Wire(port: house.server.port) else { return }
        for index in entries.indices where !lock.withLock({ entries[index].isThere }) {
            let schema = CrashHouse.schemas[index % CrashHouse.schemas.count]
            let body = "{\"key\":\"\(name(index))\",\"schema\":\"\(schema)\"}"
            guard let answer = try? wire.send("POST", "/v1/tenants", body) else { return }
            // Taken: an earlier attempt, whose answer was lost.
            guard answer.status == 201 || answer.status == 409 else { continue }
            lock.withLock { entries[index].isThere = true }
        }
    }

    // MARK: Writers and readers

    /// Gives a tenant that nobody writes and nothing is in doubt of.
    func claim(_ start: Int) -> (index: Int, model: Model)? {
        lock.withLock {
            for offset in 0..<entries.count {
                let index = (start + offset) % entries.count
                let entry = entries[index]
                if !entry.isClaimed, entry.doubts.isEmpty, entry.isThere {
                    entries[index].isClaimed = true
                    return (index, entry.model)
                }
            }
            return nil
        }
    }

    func release(_ index: Int) { lock.withLock { entries[index].isClaimed = false } }

    func confirm(_ index: Int, _ model: Model) {
        lock.withLock {
            if entries[index].model != model { commits += 1 }
            entries[index].model = model
        }
    }

    func noteCompaction() { lock.withLock { compactions += 1 } }

    func doubt(_ index: Int, _ models: [Model]) {
        lock.withLock {
            doubts += 1
            entries[index].doubts = models
        }
    }

    func show(_ index: Int, version: Int) {
        lock.withLock {
            reads += 1
            entries[index].shown = max(entries[index].shown, version)
        }
    }

    // MARK: After a restart

    /// Compares every tenant with what it must hold, and settles what was in doubt.
    ///
    /// - Returns: what is wrong.
    func check(port: Int) throws -> [String] {
        let wire = try Wire(port: port)
        return try entries.indices.flatMap { index in
            lock.withLock { entries[index].isThere } ? try check(index, wire) : []
        }
    }

    private func check(_ index: Int, _ wire: Wire) throws -> [String] {
        let answer = try wire.send(
            "POST", "/t/\(name(index))/v3/pipeline", HranaText.pipeline(Model.queries.map { HranaText.execute($0) }))
        let answers = Model.queries.indices.map { answer.rows($0)?.first?.first ?? nil }
        guard answer.status == 200, let found = Model(answers: answers) else {
            return ["\(name(index)): \(answer.status) \(answer.text.prefix(300))"]
        }
        var wrong: [String] = []
        let entry = lock.withLock { entries[index] }
        if !([entry.model] + entry.doubts).contains(found) {
            wrong.append("it holds \(found), acknowledged was \(entry.model), in doubt \(entry.doubts)")
        }
        if found.version < entry.shown { wrong.append("version \(entry.shown) was shown, it is at \(found.version)") }
        if answers[3] != "0" { wrong.append("\(answers[3] ?? "?") rows have another's text") }
        if answers[4] != "ok" { wrong.append("integrity_check: \(answers[4] ?? "?")") }
        lock.withLock { entries[index] = Entry(model: found, shown: found.version, isThere: true) }
        return wrong.map { "\(name(index)): \($0)" }
    }
}

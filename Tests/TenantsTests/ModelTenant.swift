import Synchronization
import Vocabulary

@testable import Tenants

/// What a tenant must hold after a commit.
struct ModelState: Sendable {
    /// nil where there is no tenant.
    var facts: TenantState?
    /// Row id → hash of its value.
    var rows: [Int64: UInt64] = [:]
    /// Numbers of the tables that DDL made.
    var tables: Set<Int> = []
}

/// A tenant's whole history as the test knows it, kept in the order in which the tenant's thread made it.
final class ModelTenant: Sendable {
    struct Record {
        var history = [ModelState()]
        /// The newest state of which somebody was told.
        var told = 0
        var violations: [String] = []
    }

    let id: TenantID
    private let record = Mutex(Record())

    init(_ id: TenantID) { self.id = id }

    var now: ModelState { record.withLock { $0.history.last! } }
    var version: Int { record.withLock { $0.history.count - 1 } }
    /// The version at which the tenant came into being, or went, last.
    var arrival: Int {
        record.withLock { record in
            let gone = record.history.lastIndex { $0.facts == nil } ?? 0
            return gone == record.history.count - 1 ? gone : gone + 1
        }
    }
    var told: Int { record.withLock { $0.told } }
    var violations: [String] { record.withLock { $0.violations } }

    /// On the tenant's thread, right after a commit.
    func append(_ next: ModelState) {
        record.withLock { record in
            if let before = record.history.last?.facts, let after = next.facts {
                if after.generation == before.generation, after.txid != before.txid.next {
                    record.violations.append("tenant \(id): TxID \(after.txid) follows \(before.txid)")
                }
                if after.generation != before.generation, after.txid != before.txid.next {
                    record.violations.append("tenant \(id): TxID \(after.txid) of a new file follows \(before.txid)")
                }
                if after.time < before.time { record.violations.append("tenant \(id): its time went back") }
            }
            if let made = next.facts, record.history.last?.facts?.generation != made.generation,
                record.history.contains(where: { $0.facts?.generation == made.generation })
            {
                record.violations.append("tenant \(id): generation \(made.generation) was used before")
            }
            record.history.append(next)
        }
    }

    /// A compaction is a state of its own: another file, and nothing else.
    static func hear(_ notice: EngineNotice, of models: [ModelTenant]) {
        guard case .compacted(let id, let before, let after) = notice, let model = models.first(where: { $0.id == id })
        else { return }
        var next = model.now
        if next.facts != before { model.violate("a compaction of what it is not: \(before)") }
        next.facts = after
        model.append(next)
    }

    func violate(_ what: String) { record.withLock { $0.violations.append("tenant \(id): \(what)") } }

    /// Somebody was told of everything up to this version.
    func tell(_ version: Int) { record.withLock { $0.told = max($0.told, version) } }

    /// After a crash: what came later never was.
    ///
    /// - Returns: the state that the facts name; nil with a violation where they name none that could be.
    func rollBack(to facts: TenantState?) -> ModelState? {
        record.withLock { record in
            let found = record.history.lastIndex { $0.facts == facts }
            guard let found, found >= record.told else {
                let told = record.history[record.told].facts
                record.violations.append(
                    "tenant \(id) is at \(Self.text(facts)) (\(found.map(String.init) ?? "never was"))"
                        + ", told of was \(record.told): \(Self.text(told))")
                return nil
            }
            record.history.removeSubrange((found + 1)...)
            record.told = found
            return record.history[found]
        }
    }

    private static func text(_ facts: TenantState?) -> String {
        guard let facts else { return "nothing" }
        return "generation \(facts.generation), TxID \(facts.txid), \(facts.pageCount) pages, \(facts.checksum)"
    }
}

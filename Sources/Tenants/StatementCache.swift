import SQLiteKit

/// A compiled statement and what compiling it showed.
final class CachedStatement {
    let statement: Statement
    let findings: Confinement.Findings
    let key: StatementCache.Key
    /// Run outside of a transaction it changes nothing but, at most, its stream.
    let isMereRead: Bool
    fileprivate(set) var isTaken = false
    /// Its last run took long enough to be worth another thread.
    var isLong = false
    /// Where its runs are counted; nil before the first.
    var tally: StatementTally?
    fileprivate var lastUse: UInt64 = 0

    /// SQLite says so, and our list.
    var mayRunAside: Bool { statement.isReadOnly && findings.mayRunAside }

    init(statement: Statement, findings: Confinement.Findings, key: StatementCache.Key) {
        self.statement = statement
        self.findings = findings
        self.key = key
        isMereRead = statement.isReadOnly && !findings.endsTransaction && !findings.isWritingPragma
    }
}

/// The compiled statements of one connection, the least recently used leaving first.
///
/// The key holds the rights a statement was compiled under: rights are judged at compile time, so one compiled for a
/// writer is never run for a reader.
struct StatementCache {
    struct Key: Hashable {
        let rights: Rights
        let sql: String
    }

    private let capacity: Int
    private var entries: [Key: CachedStatement] = [:]
    private var clock: UInt64 = 0

    init(capacity: Int) { self.capacity = capacity }

    /// Nil where it is not there or running already.
    mutating func take(_ key: Key) -> CachedStatement? {
        guard let entry = entries[key], !entry.isTaken else { return nil }
        entry.isTaken = true
        return entry
    }

    /// A new statement, taken; kept when it is given back.
    mutating func adopt(_ entry: CachedStatement) {
        entry.isTaken = true
        guard entries[entry.key] == nil else { return }
        if entries.count >= capacity { evict() }
        if entries.count < capacity { entries[entry.key] = entry }
    }

    mutating func give(back entry: CachedStatement) {
        entry.isTaken = false
        clock += 1
        entry.lastUse = clock
    }

    mutating func removeAll() { entries.removeAll() }

    private mutating func evict() {
        let idle = entries.values.lazy.filter { !$0.isTaken }
        guard let oldest = idle.min(by: { $0.lastUse < $1.lastUse }) else { return }
        entries[oldest.key] = nil
    }
}

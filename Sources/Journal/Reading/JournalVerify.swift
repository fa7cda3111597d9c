import Vocabulary

/// What `journal verify` reports.
package struct VerifyReport: Codable, Hashable, Sendable, CustomStringConvertible {
    package var recoveryPoint: UInt64
    package var firstLSN: UInt64
    package var lastLSN: UInt64
    package var witnessedLSN: UInt64
    package var records: UInt64
    package var tenants: Int
    package var bytes: UInt64
    package var pages: UInt64
    /// Everything that does not follow the rules, in LSN order; the first 1,000.
    package var problems: [String]

    package var isSound: Bool { problems.isEmpty }

    package var description: String {
        let range = records == 0 ? "no records" : "LSN \(firstLSN) to \(lastLSN), \(records) records"
        let summary =
            "recovery point \(recoveryPoint), \(range) of \(tenants) tenants, \(pages) pages, \(bytes) bytes, "
            + "witnessed as durable up to \(witnessedLSN)"
        return ([summary] + (isSound ? ["sound"] : problems)).joined(separator: "\n")
    }
}

/// Reads a whole journal and checks every rule that can be checked without the tenants' files: checksums, dense LSNs, dense
/// TxIDs, complete parts, well-formed pages, and whole pages beyond the size before.
package struct JournalVerify {
    private static let problemLimit = 1000

    private var outline = JournalOutline()
    private var report: VerifyReport

    private init(_ manifest: Manifest) {
        let next = manifest.recoveryPoint.rawValue + 1
        report = VerifyReport(
            recoveryPoint: manifest.recoveryPoint.rawValue, firstLSN: next, lastLSN: manifest.recoveryPoint.rawValue,
            witnessedLSN: manifest.durable.rawValue, records: 0, tenants: 0, bytes: 0, pages: 0, problems: [])
    }

    package static func run(_ reader: JournalReader) throws(JournalError) -> VerifyReport {
        var verify = JournalVerify(reader.manifest)
        let end = try reader.records { (record) throws(JournalError) in verify.add(record) }
        return verify.finish(end)
    }

    private mutating func add(_ record: RecordView) {
        outline.add(record.header)
        report.records += 1
        report.bytes += UInt64(record.header.length)
        if record.header.kind.hasPages { check(record) }
        if record.header.kind == .created || record.header.kind == .replaced, record.word == nil {
            note("LSN \(record.header.lsn): the body of \(record.header.kind) does not have eight bytes")
        }
    }

    private mutating func check(_ record: RecordView) {
        var entries = record.pages
        while let entry = entries.next() {
            report.pages += 1
            if entry.encoding == .ranges, entry.number > record.header.pageCountBefore {
                note("LSN \(record.header.lsn): page \(entry.number) has ranges, but lies beyond the size before")
            }
        }
        if !entries.isWellFormed { note("LSN \(record.header.lsn): the pages do not follow the format") }
    }

    private mutating func finish(_ end: JournalEnd) -> VerifyReport {
        outline.finish()
        report.lastLSN = end.lastLSN.rawValue
        report.witnessedLSN = end.witnessed.rawValue
        report.tenants = outline.tenants.count
        for tenant in outline.tenants.keys.sorted() {
            if let damage = outline.tenants[tenant]?.damage { note(damage.description) }
        }
        if let damage = end.damage { note(damage.description) }
        return report
    }

    private mutating func note(_ problem: String) {
        if report.problems.count < Self.problemLimit { report.problems.append(problem) }
    }
}

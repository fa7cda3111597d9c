import Vocabulary

/// One record as `journal dump` shows it: one line of text, or one JSON object.
package struct DumpedRecord: Codable, Hashable, Sendable, CustomStringConvertible {
    package struct Page: Codable, Hashable, Sendable {
        package var number: UInt32
        /// `ranges`, `whole` or `lz4`.
        package var encoding: String
        package var bytes: Int
        /// Sixteen hexadecimal digits.
        package var hash: String
    }

    package var lsn: UInt64
    package var kind: String
    package var tenant: String
    package var generation: UInt64
    package var epoch: UInt64
    package var txid: UInt64
    /// Milliseconds since 1970.
    package var time: Int64
    package var pagesBefore: UInt32
    package var pagesAfter: UInt32
    package var checksum: String
    /// From 1.
    package var part: UInt32
    package var parts: UInt32
    package var bytes: Int
    package var pages: [Page]
    /// A created tenant's template.
    package var template: String?
    /// A replaced tenant's generation before.
    package var previousGeneration: UInt64?

    package init(_ record: RecordView) {
        let header = record.header
        lsn = header.lsn.rawValue
        kind = "\(header.kind)"
        tenant = header.tenant.description
        generation = header.generation.rawValue
        epoch = header.epoch.rawValue
        txid = header.txid.rawValue
        time = header.time.milliseconds
        pagesBefore = header.pageCountBefore
        pagesAfter = header.pageCount
        checksum = Self.hex(header.checksum)
        part = header.part + 1
        parts = header.partCount
        bytes = header.length
        pages =
            header.kind.hasPages
            ? record.pages.map { entry in
                Page(
                    number: entry.number, encoding: "\(entry.encoding)", bytes: entry.payload.count,
                    hash: Self.hex(entry.hash))
            } : []
        template = header.kind == .created ? record.word.map(Self.hex) : nil
        previousGeneration = header.kind == .replaced ? record.word : nil
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    package var description: String {
        var line = "\(lsn) \(kind) tenant=\(tenant) generation=\(generation) epoch=\(epoch) txid=\(txid) time=\(time)"
        line += " pages=\(pagesBefore)>\(pagesAfter) checksum=\(checksum) bytes=\(bytes)"
        if parts > 1 { line += " part=\(part)/\(parts)" }
        if let template { line += " template=\(template)" }
        if let previousGeneration { line += " previous=\(previousGeneration)" }
        for page in pages { line += " \(page.number):\(page.encoding):\(page.bytes)" }
        return line
    }
}

import Vocabulary

/// A record as it lies in memory; the body is valid only as long as whoever gave it says.
package struct RecordView {
    package let header: RecordHeader
    /// Header and body.
    package let bytes: UnsafeRawBufferPointer

    package var body: UnsafeRawBufferPointer { bytes.part(RecordHeader.size, header.bodyLength) }

    package var pages: PageEntries { PageEntries(body) }

    /// The eight bytes that `created` (template hash) and `replaced` (generation before) carry.
    package var word: UInt64? { body.count == 8 ? body.baseAddress!.get(0) : nil }
}

/// The records of one flush, in order; ends at the first that is not intact or not the next LSN.
struct FlushRecords: Sequence, IteratorProtocol {
    private let payload: UnsafeRawBufferPointer
    /// Records up to it are nobody's: their bodies may be broken.
    private let point: LSN
    private var offset = 0
    /// The LSN that comes next.
    private(set) var expected: LSN
    private(set) var count = 0
    private(set) var digest = FlushDigest()
    /// Whose record is broken, if its header at least is intact.
    private(set) var brokenTenant: TenantID?

    init(_ payload: UnsafeRawBufferPointer, first: LSN, after point: LSN = .none) {
        self.payload = payload
        self.point = point
        expected = first
    }

    /// Whether every record of the flush was there and the flush is the one that its header was written for.
    func isWhole(_ header: FlushHeader) -> Bool {
        offset == payload.count && count == header.recordCount && digest.value == header.digest
    }

    mutating func next() -> RecordView? {
        guard offset < payload.count, let base = payload.baseAddress,
            let header = RecordHeader(at: base + offset, available: payload.count - offset), header.lsn == expected
        else { return nil }
        let view = RecordView(header: header, bytes: payload.part(offset, header.length))
        if header.lsn > point, CRC32C.of(view.body) != header.bodyCRC {
            brokenTenant = header.tenant
            return nil
        }
        digest.add(header: base + offset)
        offset += header.length
        count += 1
        expected = expected.next
        return view
    }
}

package import Vocabulary

/// Encodes one record, or the parts of a large one, on the committing thread, and is used again for the next.
///
/// Not Sendable: it belongs to the tenant's lane. All that is left for the journal's lock is the LSN and the short
/// header's checksum. Order of calls: `begin`, any number of `append`, `finish`, then `Journal.append`.
package final class RecordEncoder {
    private(set) var current: RecordBlock
    /// Full parts before the current one.
    private(set) var sealed: [RecordBlock] = []
    private var kind = RecordKind.commit
    private var pageCountBefore: UInt32 = 0
    private var isFinished = false
    private let partBytes: Int
    private let faults: JournalFaults
    private static let firstCapacity = 16 * 1024

    /// - Parameter partBytes: The most that one record's body takes; a larger commit becomes several records.
    package convenience init(partBytes: Int = JournalOptions.defaultPartBytes) {
        self.init(partBytes: partBytes, faults: JournalFaults())
    }

    package init(partBytes: Int, faults: JournalFaults) {
        precondition(partBytes >= PageEntry.maximumSize, "a part holds at least one page")
        self.partBytes = partBytes
        self.faults = faults
        current = RecordBlock(capacity: Self.firstCapacity)
    }

    /// Bytes of the encoded record or parts.
    package var byteCount: Int { sealed.reduce(current.count) { $0 + $1.count } }

    /// Starts a commit.
    ///
    /// - Parameter pageCountBefore: Pages of the database after the previous commit. A page beyond it has no previous
    ///   image, whatever lies in the file: without this rule a shrink and regrowth replays to a malformed database.
    package func begin(pageCountBefore: UInt32) { start(.commit, pageCountBefore: pageCountBefore) }

    /// Starts a refresh: pages of earlier commits, whole, at an unchanged TxID.
    ///
    /// - Parameter filePages: Pages that the file has when it stands for all commits before, at most those of the database.
    package func beginRefresh(filePages: UInt32) { start(.refresh, pageCountBefore: filePages) }

    private func start(_ kind: RecordKind, pageCountBefore: UInt32) {
        self.kind = kind
        self.pageCountBefore = pageCountBefore
        isFinished = false
        sealed.removeAll(keepingCapacity: true)
        current.reset()
        current.count = RecordHeader.size
    }

    /// Adds a page.
    ///
    /// - Parameters:
    ///   - number: From 1. Each page once.
    ///   - previous: Its 4096 bytes after the previous commit; nil if unknown. Ignored in a refresh and beyond
    ///     `pageCountBefore`.
    ///   - current: Its 4096 bytes after this one.
    ///   - hash: `PageHash` of `current`.
    package func append(page number: UInt32, previous: UnsafeRawPointer?, current image: UnsafeRawPointer, hash: UInt64)
    {
        if current.count - RecordHeader.size + PageEntry.maximumSize > partBytes { seal() }
        current.grow(to: current.count + PageEntry.maximumSize)
        let entry = current.base + current.count
        let payload = entry + PageEntry.headerSize
        var encoding = PageEncoding.whole
        var length = 4096
        if let base = usable(previous, for: number),
            let ranges = ByteRanges.encode(previous: base, current: image, into: payload)
        {
            encoding = .ranges
            length = ranges
        } else if let compressed = LZ4.compress(
            UnsafeRawBufferPointer(start: image, count: 4096), into: payload, limit: LZ4.worthwhile)
        {
            encoding = .lz4
            length = compressed
        } else {
            payload.copyMemory(from: image, byteCount: 4096)
        }
        PageEntry.write(to: entry, number: number, encoding: encoding, payloadLength: length, hash: hash)
        current.count += PageEntry.headerSize + length
    }

    private func usable(_ previous: UnsafeRawPointer?, for number: UInt32) -> UnsafeRawPointer? {
        guard kind == .commit else { return nil }
        return number <= pageCountBefore || faults.rangesAcrossShrink ? previous : nil
    }

    private func seal() {
        sealed.append(current)
        current = RecordBlock(capacity: RecordHeader.size + partBytes)
        current.count = RecordHeader.size
    }

    /// Closes the record: everything but the LSN is now fixed.
    ///
    /// - Parameters:
    ///   - pageCount: Pages of the database after the commit.
    ///   - checksum: The rolling checksum after the commit.
    package func finish(_ stamp: RecordStamp, pageCount: UInt32, checksum: UInt64) {
        let counts = PageCounts(before: pageCountBefore, after: pageCount)
        let partCount = UInt32(sealed.count + 1)
        for (index, block) in sealed.enumerated() {
            complete(block, .part, stamp, counts, checksum, part: UInt32(index), of: partCount)
        }
        complete(current, kind, stamp, counts, checksum, part: partCount - 1, of: partCount)
        isFinished = true
    }

    private func complete(
        _ block: RecordBlock, _ kind: RecordKind, _ stamp: RecordStamp, _ counts: PageCounts, _ checksum: UInt64,
        part: UInt32, of partCount: UInt32
    ) {
        let length = block.count - RecordHeader.size
        let body = UnsafeRawBufferPointer(start: block.base + RecordHeader.size, count: length)
        let header = RecordHeader(
            kind: kind, stamp: stamp, pages: counts, checksum: checksum, part: part, partCount: partCount,
            bodyLength: length, bodyCRC: CRC32C.of(body))
        header.write(to: block.base)
        block.records = 1
    }

    /// A whole record: the tenant's file was made from the template with this hash (rule J8).
    package func encodeCreated(_ stamp: RecordStamp, template: UInt64, pageCount: UInt32, checksum: UInt64) {
        encodeEvent(.created, stamp, word: template, pageCount: pageCount, checksum: checksum)
    }

    /// A whole record: the tenant's file is now the stamp's generation, which is synced together with its folder.
    package func encodeReplaced(_ stamp: RecordStamp, previous: Generation, pageCount: UInt32, checksum: UInt64) {
        encodeEvent(.replaced, stamp, word: previous.rawValue, pageCount: pageCount, checksum: checksum)
    }

    /// A whole record: the tenant has no file any more. The stamp names the generation that it had.
    package func encodeDropped(_ stamp: RecordStamp) {
        encodeEvent(.dropped, stamp, word: nil, pageCount: 0, checksum: 0)
    }

    private func encodeEvent(
        _ kind: RecordKind, _ stamp: RecordStamp, word: UInt64?, pageCount: UInt32, checksum: UInt64
    ) {
        start(kind, pageCountBefore: pageCount)
        if let word {
            current.base.put(word, at: current.count)
            current.count += 8
        }
        finish(stamp, pageCount: pageCount, checksum: checksum)
    }

    /// Gives up the encoded blocks, in order; the encoder is then empty.
    func takeBlocks() -> [RecordBlock] {
        precondition(isFinished, "finish comes before append")
        let blocks = sealed + [current]
        sealed.removeAll(keepingCapacity: true)
        current = RecordBlock(capacity: Self.firstCapacity)
        isFinished = false
        return blocks
    }

    /// The one encoded block, if there is only one: it can be copied and the memory kept.
    var single: RecordBlock? { isFinished && sealed.isEmpty ? current : nil }
}

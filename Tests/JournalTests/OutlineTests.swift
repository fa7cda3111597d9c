import Testing
import Vocabulary

@testable import Journal

/// What a tenant's records say together, from their headers alone.
@Suite struct OutlineTests {
    private func header(
        _ lsn: UInt64, _ kind: RecordKind = .commit, txid: UInt64, generation: UInt64 = 1, epoch: UInt64 = 1,
        pages: PageCounts = PageCounts(before: 5, after: 5), part: UInt32 = 0, of parts: UInt32 = 1
    ) -> RecordHeader {
        let stamp = RecordStamp(
            tenant: TenantID(300), generation: Generation(generation), epoch: Epoch(epoch), txid: TxID(txid),
            time: WallTime(milliseconds: 0))
        var header = RecordHeader(
            kind: kind, stamp: stamp, pages: pages, checksum: lsn, part: part, partCount: parts)
        header.lsn = LSN(lsn)
        return header
    }

    private func outline(_ headers: [RecordHeader]) -> TenantOutline {
        var outline = TenantOutline(headers[0])
        for header in headers { _ = outline.add(header) }
        outline.finish()
        return outline
    }

    @Test func `dense TxIDs are sound, a gap is damage`() {
        #expect(outline([header(1, txid: 7), header(2, txid: 8), header(5, txid: 9)]).damage == nil)
        let gap = outline([header(1, txid: 7), header(2, txid: 9)])
        #expect(gap.damage?.reason == .txidGap(after: TxID(7), found: TxID(9)))
        #expect(gap.damage?.lsn == LSN(2))
    }

    @Test func `a refresh keeps the TxID`() {
        #expect(outline([header(1, txid: 7), header(2, .refresh, txid: 7), header(3, txid: 8)]).damage == nil)
        #expect(outline([header(1, txid: 7), header(2, .refresh, txid: 8)]).damage != nil)
    }

    @Test func `an epoch that goes back is damage`() {
        #expect(outline([header(1, txid: 7, epoch: 3), header(2, txid: 8, epoch: 4)]).damage == nil)
        #expect(outline([header(1, txid: 7, epoch: 3), header(2, txid: 8, epoch: 2)]).damage?.reason == .epochWentBack)
    }

    @Test func `only the newest generation is applied`() {
        let replaced = outline([
            header(1, txid: 7), header(2, .replaced, txid: 8, generation: 2), header(3, txid: 9, generation: 2),
        ])
        #expect(replaced.applyFrom == LSN(2))
        #expect(replaced.state.generation == Generation(2))
    }

    @Test func `a dropped tenant has no file, unless it is made again`() {
        let dropped = outline([header(1, txid: 7), header(2, .dropped, txid: 7)])
        #expect(dropped.isDropped)
        let again = outline([
            header(1, txid: 7), header(2, .dropped, txid: 7), header(3, .replaced, txid: 8, generation: 4),
        ])
        #expect(!again.isDropped)
        #expect(again.applyFrom == LSN(3))
    }

    @Test func `the smallest size since the recovery point is what a file must have`() {
        let sizes = outline([
            header(1, txid: 1, pages: PageCounts(before: 9, after: 12)),
            header(2, txid: 2, pages: PageCounts(before: 12, after: 4)),
            header(3, txid: 3, pages: PageCounts(before: 4, after: 20)),
        ])
        #expect(sizes.smallest == 4)
        #expect(sizes.state.pageCount == 20)
    }

    @Test func `parts count with their last, also with other attempts before`() {
        let parts = outline([
            header(1, txid: 1), header(2, .part, txid: 2, part: 0, of: 3), header(3, .part, txid: 2, part: 1, of: 3),
            // Torn by a crash; then the same TxID again.
            header(4, .part, txid: 2, part: 0, of: 3), header(6, .part, txid: 2, part: 1, of: 3),
            header(7, txid: 2, part: 2, of: 3),
        ])
        #expect(parts.damage == nil)
        #expect(parts.state.txid == TxID(2))
        #expect([2, 3].allSatisfy { parts.isOrphan(LSN($0)) })
        #expect([1, 4, 6, 7].allSatisfy { !parts.isOrphan(LSN($0)) })
    }

    @Test func `parts without their last count for nothing`() {
        let alone = outline([header(2, .part, txid: 2, part: 0, of: 2)])
        #expect(alone.isEmpty)
        #expect(alone.isOrphan(LSN(2)))
        let last = outline([header(1, txid: 1), header(5, txid: 2, part: 1, of: 2)])
        #expect(last.state.txid == TxID(1))
        #expect(last.isOrphan(LSN(5)))
    }

    @Test func `the recovery point stays out of large records`() {
        var parted = PartedRecords()
        parted.add(LSN(10)...LSN(14))
        parted.add(LSN(20)...LSN(22))
        parted.add(LSN(30)...LSN(30))
        let points: [(UInt64, UInt64)] = [(9, 9), (10, 9), (13, 9), (14, 14), (19, 19), (21, 19), (22, 22), (30, 30)]
        for (lsn, point) in points { #expect(parted.point(atMost: LSN(lsn)) == LSN(point)) }
        parted.forget(upTo: LSN(14))
        #expect(parted.point(atMost: LSN(12)) == LSN(12))
    }
}

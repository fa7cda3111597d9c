import Simulator
import Testing
import Vocabulary

@testable import Journal

@Suite struct ReaderTests {
    private func world() throws -> TestWorld {
        let world = try TestWorld()
        let tenant = try world.create()
        var pages = world.tenants[tenant].now!.pages
        pages[0].replaceSubrange(24..<28, with: [1, 2, 3, 4])
        pages.append(Page(repeating: 7, count: 4096))
        world.commit(tenant, pages)
        try world.replace(tenant, [Page(repeating: 9, count: 4096)])
        world.refresh(tenant)
        world.drop(tenant)
        world.flush()
        world.journal.witnessNow()
        return world
    }

    private func reader(_ world: TestWorld) throws -> JournalReader {
        try JournalReader(TestWorld.journalPath, files: world.disk)
    }

    @Test func `a dump shows every kind of record`() throws {
        let world = try world()
        var lines: [String] = []
        try reader(world).records { (view) throws(JournalError) in lines.append(DumpedRecord(view).description) }
        let checksums = world.tenants[0].history.map { state -> String in
            let digits = String(state.state.checksum, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        let common = "tenant=0000000000000100"
        let time = "time=1700000000000"
        #expect(
            lines == [
                "1 created \(common) generation=1 epoch=1 txid=0 \(time) pages=2>2 checksum=\(checksums[0]) bytes=104 "
                    + "template=000000000000abcd",
                "2 commit \(common) generation=1 epoch=1 txid=1 \(time) pages=2>3 checksum=\(checksums[1]) bytes=162 "
                    + "1:ranges:8 3:lz4:26",
                "3 replaced \(common) generation=2 epoch=1 txid=2 \(time) pages=1>1 checksum=\(checksums[2]) bytes=104 "
                    + "previous=1",
                "4 refresh \(common) generation=2 epoch=1 txid=2 \(time) pages=1>1 checksum=\(checksums[3]) bytes=138 "
                    + "1:lz4:26",
                "5 dropped \(common) generation=2 epoch=1 txid=2 \(time) pages=0>0 checksum=0000000000000000 bytes=96",
            ])
    }

    @Test func `reading begins at any LSN`() throws {
        let world = try world()
        for first in 1...6 {
            var lsns: [UInt64] = []
            let end = try reader(world).records(from: LSN(UInt64(first))) { (view) throws(JournalError) in
                lsns.append(view.header.lsn.rawValue)
            }
            #expect(lsns == Array(UInt64(first)..<6))
            #expect(end == JournalEnd(lastLSN: LSN(5), witnessed: LSN(5), damage: nil))
        }
    }

    @Test func `a sound journal verifies`() throws {
        let report = try JournalVerify.run(reader(try world()))
        #expect(report.isSound)
        #expect(report.records == 5)
        #expect(report.tenants == 1)
        #expect(report.pages == 3)
        #expect(report.lastLSN == 5)
    }

    @Test func `a verification names what breaks the rules`() throws {
        var faults = JournalFaults()
        faults.rangesAcrossShrink = true
        let world = try TestWorld(faults: faults)
        let tenant = try world.create()
        let pages = (0..<6).map { Page(repeating: UInt8($0), count: 4096) }
        world.commit(tenant, pages)
        world.commit(tenant, Array(pages[..<2]))
        var grown = pages
        grown[4][9] = 1
        world.commit(tenant, grown)
        world.flush()
        let report = try JournalVerify.run(reader(world))
        #expect(report.problems.contains("LSN 4: page 5 has ranges, but lies beyond the size before"))
    }

    @Test func `a damaged journal is read up to the damage`() throws {
        let world = try world()
        let store = SegmentStore(files: world.disk, directory: TestWorld.journalPath)
        let path = store.path(1)
        var image = try #require(world.disk.bytes(of: path))
        image[4096 + 64 + 104 + 96 + 2] ^= 1
        world.disk.put(image, at: path)
        let report = try JournalVerify.run(reader(world))
        #expect(report.lastLSN == 1)
        #expect(report.problems.count == 1)
    }

    @Test func `reading changes nothing`() throws {
        let world = try world()
        let (writes, syncs) = (world.disk.calls(.write), world.disk.calls(.sync))
        _ = try JournalVerify.run(reader(world))
        #expect(world.disk.calls(.write) == writes)
        #expect(world.disk.calls(.sync) == syncs)
    }
}

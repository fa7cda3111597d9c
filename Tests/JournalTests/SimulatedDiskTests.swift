import Seams
import Simulator
import Testing

/// The disk that the proofs stand on.
@Suite struct SimulatedDiskTests {
    private func write(
        _ disk: SimulatedDisk, _ path: String, _ bytes: [UInt8], at offset: Int64 = 0, sync: Bool = false
    ) throws {
        let file = try disk.open(path, .create)
        try bytes.withUnsafeBytes { try file.write($0, at: offset) }
        if sync { try file.sync() }
    }

    private let ones = [UInt8](repeating: 1, count: 4096)
    private let twos = [UInt8](repeating: 2, count: 4096)

    @Test func `only what was synced, content and name, is sure to be left`() throws {
        let disk = SimulatedDisk()
        try disk.makeDirectory("/d")
        try disk.syncDirectory("/")
        try write(disk, "/d/a", ones, sync: true)
        #expect(disk.copy().crash(seed: 1, mode: .dropAll).bytes(of: "/d/a") == nil, "its name was not synced")
        try disk.syncDirectory("/d")
        try write(disk, "/d/a", twos)
        #expect(disk.bytes(of: "/d/a") == twos)
        #expect(disk.copy().crash(seed: 1, mode: .dropAll).bytes(of: "/d/a") == ones)
        #expect(disk.copy().crash(seed: 1, mode: .keepAll).bytes(of: "/d/a") == twos)
        #expect(disk.killed().bytes(of: "/d/a") == twos)
        #expect(disk.killed().crash(seed: 1, mode: .dropAll).bytes(of: "/d/a") == ones)
    }

    @Test func `torn writes mix old and new at sectors`() throws {
        let disk = SimulatedDisk()
        try write(disk, "/a", ones, sync: true)
        try disk.syncDirectory("/")
        try write(disk, "/a", twos)
        var mixed = 0
        for seed in 0..<20 {
            let bytes = disk.copy().crash(seed: UInt64(seed), mode: .reorderTear).bytes(of: "/a")!
            for sector in 0..<8 { #expect(Set(bytes[(sector * 512)..<(sector * 512 + 512)]).count == 1) }
            if Set(bytes).count == 2 { mixed += 1 }
        }
        #expect(mixed > 15)
    }

    @Test func `after a failed sync the content can be read and is never written`() throws {
        let disk = SimulatedDisk()
        try write(disk, "/a", ones, sync: true)
        try disk.syncDirectory("/")
        disk.inject(.fail(errno: 5), on: .sync)
        #expect(throws: FileError.self) { try write(disk, "/a", twos, sync: true) }
        try disk.open("/a", .update).sync()
        #expect(disk.bytes(of: "/a") == twos)
        #expect(disk.crash(seed: 1, mode: .keepAll).bytes(of: "/a") == ones)
    }

    @Test func `a rename that was not synced may or may not be there, the whole file either way`() throws {
        let disk = SimulatedDisk()
        try write(disk, "/a", ones, sync: true)
        try disk.syncDirectory("/")
        try write(disk, "/a.new", twos, sync: true)
        try disk.rename("/a.new", to: "/a")
        let seen = Set((0..<20).map { disk.copy().crash(seed: $0, mode: .reorderTear).bytes(of: "/a") })
        #expect(seen == [ones, twos])
    }

    @Test func `the Nth call of a kind goes wrong, and only that`() throws {
        let disk = SimulatedDisk()
        disk.inject(.fail(errno: 5), on: .write, nth: 2)
        try write(disk, "/a", ones)
        #expect(throws: FileError.self) { try write(disk, "/a", twos) }
        #expect(disk.bytes(of: "/a") == ones)
        try write(disk, "/a", twos)
        #expect(disk.bytes(of: "/a") == twos)
        disk.inject(.short(bytes: 100, errno: 5), on: .write)
        #expect(throws: FileError.self) { try write(disk, "/a", ones) }
        #expect(disk.bytes(of: "/a") == Array(ones[..<100]) + Array(twos[100...]))
    }

    @Test func `after the power is gone every call fails`() throws {
        let disk = SimulatedDisk()
        disk.inject(.powerCut, nth: 3)
        try write(disk, "/a", ones)
        #expect(throws: FileError.self) { try disk.list("/") }
        #expect(throws: FileError.self) { try disk.size(of: "/a") }
        #expect(disk.isFrozen)
    }

    @Test func `a device has room for so much`() throws {
        let disk = SimulatedDisk()
        disk.setCapacity(6000)
        try write(disk, "/a", ones)
        #expect(throws: FileError.full(path: "/b")) { try write(disk, "/b", twos) }
        try write(disk, "/a", twos)
        try disk.remove("/b")
        try disk.remove("/a")
        try write(disk, "/b", twos)
    }
}

import Journal
import Seams
import Simulator
import Testing
import Vocabulary

@Suite struct RecoveryTests {
    private func damageOfOne(_ harm: (TestWorld, Int) throws -> Void) throws -> TenantDamage? {
        let world = try TestWorld()
        let (first, second) = (try world.create(), try world.create())
        for _ in 0..<5 {
            world.commit(first, world.randomChange(first))
            world.commit(second, world.randomChange(second))
        }
        world.flush()
        try world.truncateJournal()
        for tenant in [first, second] {
            var pages = world.tenants[tenant].now!.pages
            pages[0][100] &+= 1
            world.commit(tenant, pages)
        }
        world.flush()
        try harm(world, first)
        try world.reopen(on: world.disk.crash(seed: 1, mode: .keepAll))
        let other = try #require(world.recovered.first { $0.tenant == world.tenants[second].id })
        #expect(other.damage == nil, "the others go on")
        return try #require(world.recovered.first { $0.tenant == world.tenants[first].id }).damage
    }

    private func path(_ world: TestWorld, _ tenant: Int) -> String {
        world.layout.path(world.tenants[tenant].id, world.tenants[tenant].now!.state.generation)
    }

    @Test func `a missing file is damage, never an empty database`() throws {
        let damage = try damageOfOne { try $0.disk.remove(path($0, $1)) }
        guard case .missingFile? = damage?.reason else {
            Issue.record("\(String(describing: damage))")
            return
        }
    }

    @Test func `a short file is damage`() throws {
        let damage = try damageOfOne { world, tenant in
            world.disk.put(Array(world.disk.bytes(of: path(world, tenant))!.dropLast(4096)), at: path(world, tenant))
        }
        guard case .shortFile? = damage?.reason else {
            Issue.record("\(String(describing: damage))")
            return
        }
    }

    @Test func `a page changed by somebody else is damage, with its number and LSN`() throws {
        var lsn = LSN.none
        let damage = try damageOfOne { world, tenant in
            var bytes = world.disk.bytes(of: path(world, tenant))!
            bytes[3000] ^= 1
            world.disk.put(bytes, at: path(world, tenant))
            lsn = world.tenants[tenant].now!.lsn
        }
        #expect(damage?.reason == .pageMismatch)
        #expect(damage?.page == 1)
        #expect(damage?.lsn == lsn)
    }

    @Test func `a missing template is damage of the tenants made from it`() throws {
        let world = try TestWorld()
        _ = try world.create()
        world.flush()
        try world.disk.remove(world.layout.templatePath(TestWorld.templateHash))
        try world.reopen(on: world.disk.crash(seed: 1, mode: .keepAll))
        #expect(world.recovered.first?.damage?.reason == .template(hash: TestWorld.templateHash))
    }

    @Test func `creation is done over from the template`() throws {
        let world = try TestWorld()
        let tenant = try world.create()
        world.commit(tenant, world.randomChange(tenant))
        world.flush()
        try world.reopen(on: world.disk.crash(seed: 1, mode: .dropAll))
        #expect(world.violations() == [])
    }

    @Test func `running again changes nothing`() throws {
        let world = try TestWorld(seed: 11)
        for _ in 0..<150 { try world.step() }
        world.flush()
        let disk = world.disk.crash(seed: 1, mode: .keepAll)
        for _ in 0..<3 {
            let opened = try Journal.open(
                TestWorld.journalPath, files: disk, time: world.time, random: world.random, options: .tiny,
                onFatal: { _ in })
            let once = try opened.recovery.run(layout: world.layout, fileSystem: nil)
            let images = world.tenants.compactMap { $0.now?.state.generation }.enumerated().map {
                disk.bytes(of: world.layout.path(world.tenants[$0.offset].id, $0.element))
            }
            let twice = try opened.recovery.run(layout: world.layout, fileSystem: nil)
            #expect(once == twice)
            let after = world.tenants.compactMap { $0.now?.state.generation }.enumerated().map {
                disk.bytes(of: world.layout.path(world.tenants[$0.offset].id, $0.element))
            }
            #expect(images == after)
        }
    }

    @Test func `a large commit is applied with room for few pages`() throws {
        let world = try TestWorld()
        let tenant = try world.create()
        world.commit(tenant, (0..<40).map { Page(repeating: UInt8($0), count: 4096) })
        var pages = world.tenants[tenant].now!.pages
        for index in pages.indices { pages[index][7] &+= 3 }
        world.commit(tenant, pages)
        world.commit(tenant, Array(pages[..<3]))
        world.commit(tenant, pages)
        world.flush()
        let disk = world.disk.crash(seed: 1, mode: .dropAll)
        let opened = try Journal.open(
            TestWorld.journalPath, files: disk, time: world.time, random: world.random, options: .tiny,
            onFatal: { _ in })
        let tenants = try opened.recovery.run(layout: world.layout, fileSystem: nil, memory: 4096)
        #expect(tenants.map(\.damage) == [nil])
        #expect(
            disk.bytes(of: world.layout.path(world.tenants[tenant].id, tenants[0].state.generation))
                == pages.flatMap { $0 })
    }

    @Test func `many tenants need few descriptors, however little memory there is`() throws {
        var options = JournalOptions.tiny
        options.segmentBytes = 1 << 20
        options.journalBytes = 24 << 20
        let world = try TestWorld(options: options)
        for _ in 0..<60 { _ = try world.create() }
        for _ in 0..<3 {
            for tenant in world.tenants.indices { world.commit(tenant, world.randomChange(tenant)) }
            world.flush()
        }
        let disk = world.disk.crash(seed: 1, mode: .dropAll)
        let opened = try Journal.open(
            TestWorld.journalPath, files: disk, time: world.time, random: world.random, options: options,
            onFatal: { _ in })
        let before = disk.openFiles
        // The tenants' files, the one that is being opened, and a template that is copied.
        disk.setDescriptorLimit(before + 10)
        let recovered = try opened.recovery.run(
            layout: world.layout, fileSystem: nil, memory: 8 * 4096, descriptors: 8)
        #expect(recovered.compactMap(\.damage) == [])
        #expect(disk.openFiles == before)
        for tenant in world.tenants {
            let now = try #require(tenant.now)
            let bytes = disk.bytes(of: world.layout.path(tenant.id, now.state.generation))
            #expect(bytes == now.pages.flatMap { $0 })
        }
    }

    @Test func `folders and files are synced one by one where a file system sync cannot be trusted`() throws {
        let world = try TestWorld()
        let tenant = try world.create()
        world.commit(tenant, world.randomChange(tenant))
        world.flush()
        let disk = world.disk.crash(seed: 1, mode: .dropAll)
        disk.setSyncsFileSystem(false)
        try world.reopen(on: disk)
        let path = path(world, tenant)
        let expected = disk.bytes(of: path)
        #expect(disk.crash(seed: 1, mode: .dropAll).bytes(of: path) == expected)
    }

    @Test func `freeing segments before the manifest is durable would lose records`() throws {
        for (isBroken, isSound) in [(false, true), (true, false)] {
            var faults = JournalFaults()
            faults.freeBeforeManifest = isBroken
            let world = try TestWorld(faults: faults)
            let tenant = try world.create()
            for _ in 0..<60 {
                world.commit(tenant, world.randomChange(tenant))
                world.flush()
            }
            world.disk.inject(.fail(errno: 5), on: .rename)
            #expect(throws: JournalError.self) { try world.truncateJournal() }
            for _ in 0..<300 {
                guard world.commit(tenant, world.randomChange(tenant)) != nil else { break }
                world.flush()
            }
            do {
                try world.reopen(on: world.disk.crash(seed: 1, mode: .dropAll))
                #expect(world.violations().isEmpty == isSound)
            } catch is JournalError {
                #expect(!isSound)
            }
        }
    }
}

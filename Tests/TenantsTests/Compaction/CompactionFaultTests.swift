import SQLiteKit
import Simulator
import Testing
import Vocabulary

@testable import Tenants

/// One compaction with its Nth call to the disk going wrong, N = 1, 2, 3 … until it passes without meeting it; then the
/// power goes. What is found is the old file or the new one, whole.
@Suite(.serialized) struct CompactionFaultTests {
    /// Every so many calls one is tried; all of them in a sweep.
    private static let stride = CrashTests.sweep > 0 ? 1 : 5
    private static let tenant = TenantID(4_711)

    @Test(arguments: [DiskFault.fail(errno: 5), .full, .powerCut]) func `every step may fail`(fault: DiskFault)
        async throws
    {
        var n = 1
        while true {
            let modes = CrashMode.allCases
            let mode = modes[n % modes.count]
            let (calls, wrong) = try await Self.life(fault, nth: n, mode)
            #expect(wrong == [], "call \(n), \(mode)")
            if n > calls || !wrong.isEmpty { return }
            n += Self.stride
        }
    }

    /// - Returns: the calls that the compaction took, and what is wrong.
    private static func life(_ fault: DiskFault, nth: Int, _ mode: CrashMode) async throws -> (Int, [String]) {
        let house = SimulatedHouse(seed: UInt64(nth))
        try house.start()
        let expected = try await furnish(house)
        let before = try #require(house.engine.facts(of: tenant))
        let calls = house.disk.calls()
        house.disk.inject(fault, nth: nth)
        let watch = Task { [house] in
            // Ends what waits for a disk that is gone.
            while !house.disk.isFrozen, !house.hasFailed, !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(1))
            }
            if house.disk.isFrozen || house.hasFailed { house.engine.abandon() }
        }
        let result = await house.engine.vacuum(tenant)
        let taken = house.disk.calls() - calls
        house.disk.clearFaults()
        var wrong: [String] = []
        if !house.disk.isFrozen, !house.hasFailed {
            if case .failure(let failure)? = result, ![.diskFull, .busy].contains(failure), !failure.isOfDisk {
                wrong.append("it failed with \(failure)")
            }
            let found = await check(house, expected, "afterwards")
            if !house.disk.isFrozen { wrong += found }
        }
        watch.cancel()
        await watch.value
        let left = house.crash(mode)
        left.clearFaults()
        try house.start(on: left)
        wrong += await check(house, expected, "after a crash")
        if let facts = house.engine.facts(of: tenant) {
            if result?.isSuccess ?? false, facts.generation == before.generation {
                wrong.append("the new file is forgotten")
            }
            let found = try FileChecksum.of(house.engine.layout.path(of: tenant, facts.generation), house.disk)
            if found.checksum != facts.checksum || found.pageCount != facts.pageCount { wrong.append("another file") }
        } else {
            wrong.append("the tenant is gone")
        }
        if await house.engine.vacuum(tenant)?.isSuccess != true { wrong.append("it fails again") }
        house.engine.abandon()
        return (taken, wrong)
    }

    private static let content = "SELECT count(*) || ':' || sum(id) || ':' || sum(length(v)) FROM t"

    private static func furnish(_ house: SimulatedHouse) async throws -> String {
        let template = try house.template("CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE INDEX tv ON t(v)")
        try await house.engine.create(tenant, template: template, epoch: .first)
        return try await house.engine.perform(on: tenant) { (database) -> String in
            let caller = Caller(database)
            defer { caller.leave() }
            for _ in 0..<8 { _ = caller.run("INSERT INTO t(v) VALUES (randomblob(9000)), (zeroblob(300))") }
            _ = caller.run("DELETE FROM t WHERE id % 4 = 1")
            guard case .row(let text) = caller.run(content) else { return "" }
            return text
        }
    }

    private static func check(_ house: SimulatedHouse, _ expected: String, _ when: String) async -> [String] {
        do {
            let outcomes = try await house.engine.perform(on: tenant) { (database) -> [Caller.Outcome] in
                let caller = Caller(database)
                defer { caller.leave() }
                return [caller.run(content), caller.run("PRAGMA integrity_check")]
            }
            return outcomes == [.row(expected), .row("ok")] ? [] : ["\(when): \(outcomes)"]
        } catch {
            return ["\(when): \(error)"]
        }
    }

    @Test func `where the journal has ended nobody waits for it`() async throws {
        let house = SimulatedHouse(seed: 2)
        try house.start()
        _ = try await Self.furnish(house)
        house.disk.inject(.fail(errno: 5), on: .sync, nth: 1)
        await #expect(throws: (any Error).self) {
            try await house.engine.perform(on: Self.tenant) { database in
                let caller = Caller(database)
                defer { caller.leave() }
                return caller.run("DELETE FROM t")
            }
        }
        #expect(house.hasFailed)
        #expect(await house.engine.vacuum(Self.tenant)?.isSuccess != true)
        await #expect(throws: TenantsError.outcomeUnknown) {
            try await house.engine.freeze(Self.tenant, patience: 0, endingTransactions: true) { _ in }
        }
        house.engine.abandon()
    }

    @Test func `a disk without room for the copy says so, and loses nothing`() async throws {
        let house = SimulatedHouse(seed: 1)
        try house.start()
        let expected = try await Self.furnish(house)
        let names = house.disk.names
        house.disk.setCapacity(house.disk.usedBytes + 20_000)
        let full = await house.engine.vacuum(Self.tenant)
        #expect(full?.failure == .diskFull, "\(String(describing: full))")
        #expect(await Self.check(house, expected, "full") == [])
        #expect(house.disk.names == names)
        house.disk.setCapacity(.max)
        #expect(await house.engine.vacuum(Self.tenant)?.isSuccess == true)
        #expect(await Self.check(house, expected, "again") == [])
        try house.engine.shutdown()
        #expect(house.disk.names.filter { $0.contains("/tenants/") && $0.contains("\(Self.tenant)") }.count == 1)
    }
}

extension SQLFailure {
    fileprivate var isOfDisk: Bool {
        guard case .sqlite(let error) = self else { return false }
        return error.code == 10 || error.code == 14
    }
}

extension SimulatedDisk {
    /// Paths of all files.
    var names: [String] { names(under: "/") }

    private func names(under folder: String) -> [String] {
        guard let list = try? list(folder) else { return [] }
        return list.flatMap { name -> [String] in
            let path = folder == "/" ? "/" + name : "\(folder)/\(name)"
            return bytes(of: path) == nil ? names(under: path) : [path]
        }
    }
}

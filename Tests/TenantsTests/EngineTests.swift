import Foundation
import Tenants
import Testing
import Vocabulary

@Suite struct EngineTests {
    @Test func `a tenant is created, written, read and found again after an orderly stop`() async throws {
        let house = try House()
        let tenant = try await house.create(1000)
        try await house.run("INSERT INTO t(v) VALUES ('one'), ('two')", on: tenant)
        #expect(try await house.integer("SELECT count(*) FROM t", on: tenant) == 2)
        try house.restart()
        #expect(try await house.integer("SELECT count(*) FROM t", on: tenant) == 2)
        try house.stop()
    }

    @Test func `an orderly stop leaves plain complete files`() async throws {
        let house = try House()
        let tenant = try await house.create(1000)
        for i in 0..<50 { try await house.run("INSERT INTO t(v) VALUES (\(i))", on: tenant) }
        try house.stop()
        let generation = house.engine.facts(of: tenant)!.generation
        let path = house.engine.layout.path(of: tenant, generation)
        #expect(try Shell.sqlite(path, "SELECT count(*), (SELECT * FROM pragma_integrity_check) FROM t") == "50|ok")
    }

    @Test func `a thousand tenants written at once are all there after a restart`() async throws {
        let house = try House { settings, _ in settings.openTenants = 100 }
        let ids = try await withThrowingTaskGroup(of: TenantID.self) { group in
            for id in 0..<300 {
                group.addTask { [house] in
                    let tenant = try await house.create(UInt64(1000 + id))
                    for round in 0..<5 { try await house.run("INSERT INTO t(v) VALUES (\(round))", on: tenant) }
                    return tenant
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(house.engine.openCount <= 300)
        try house.restart()
        for id in ids { #expect(try await house.integer("SELECT count(*) FROM t", on: id) == 5) }
        try house.stop()
    }

    @Test func `files that nothing names are moved aside after a start`() async throws {
        let house = try House()
        let tenant = try await house.create(1000)
        try await house.run("INSERT INTO t(v) VALUES (1)", on: tenant)
        let facts = house.engine.facts(of: tenant)!
        try house.stop()
        let layout = house.engine.layout
        let nameless = [
            layout.path(of: TenantID(1001), facts.generation), layout.path(of: tenant, .none),
        ]
        let foreign = layout.folder(of: tenant) + "/notes.txt"
        for path in nameless + [foreign] { try Data("x".utf8).write(to: URL(fileURLWithPath: path)) }
        try house.restart()
        for _ in 0..<500 where nameless.contains(where: FileManager.default.fileExists) {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(!nameless.contains(where: FileManager.default.fileExists))
        #expect(FileManager.default.fileExists(atPath: foreign))
        #expect(try FileManager.default.contentsOfDirectory(atPath: layout.lostAndFound).count == 2)
        #expect(try await house.integer("SELECT count(*) FROM t", on: tenant) == 1)
        try house.stop()
    }

    @Test func `a dropped tenant is gone and its id can be made again`() async throws {
        let house = try House()
        let tenant = try await house.create(1000)
        try await house.run("INSERT INTO t(v) VALUES (1)", on: tenant)
        try await house.engine.drop(tenant)
        await #expect(throws: TenantsError.notFound(tenant)) { try await house.run("SELECT 1", on: tenant) }
        try await house.create(1000)
        #expect(try await house.integer("SELECT count(*) FROM t", on: tenant) == 0)
        try house.restart()
        #expect(try await house.integer("SELECT count(*) FROM t", on: tenant) == 0)
        try house.stop()
    }

    @Test func `only what nobody has written to is dropped as unwritten`() async throws {
        let house = try House()
        let (empty, written) = (try await house.create(6_001), try await house.create(6_002))
        try await house.run("INSERT INTO t(v) VALUES (1)", on: written)
        #expect(try await house.engine.dropUnwritten(empty))
        #expect(try await !house.engine.dropUnwritten(written))
        await #expect(throws: TenantsError.notFound(empty)) { try await house.engine.dropUnwritten(empty) }
        try house.restart()
        #expect(house.engine.facts(of: empty) == nil)
        #expect(try await house.integer("SELECT count(*) FROM t", on: written) == 1)
        #expect(try await !house.engine.dropUnwritten(written), "not open")
        try house.stop()
    }
}

enum Shell {
    static func sqlite(_ path: String, _ sql: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = [path, sql]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        process.waitUntilExit()
        return String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

import SQLiteKit
import Vocabulary

@testable import Tenants

/// Compares tenants with their models, right after a start.
struct Inspection {
    private let house: SimulatedHouse
    private let models: [ModelTenant]
    private var engine: TenantEngine { house.engine }

    init(_ house: SimulatedHouse, _ models: [ModelTenant]) {
        self.house = house
        self.models = models
    }

    func run() async -> [String] {
        if let wrong = files(expectingNewest: false) { return wrong }
        return await contents()
    }

    /// Every tenant's facts must be a state that was, no older than what anybody was told; and its file must be that.
    func files(expectingNewest: Bool) -> [String]? {
        var wrong = engine.damaged.map { "tenant \($0.key) is damaged: \($0.value)" }
        for model in models {
            let facts = engine.facts(of: model.id)
            if expectingNewest, facts != model.now.facts {
                wrong.append("tenant \(model.id) was not settled at the end")
            }
            guard model.rollBack(to: facts) != nil, let facts else { continue }
            do {
                let found = try FileChecksum.of(engine.layout.path(of: model.id, facts.generation), house.disk)
                if found.pageCount != facts.pageCount || found.checksum != facts.checksum {
                    wrong.append("the file of tenant \(model.id) is not what the facts say")
                }
            } catch {
                wrong.append("the file of tenant \(model.id): \(error)")
            }
        }
        wrong += models.flatMap(\.violations)
        return wrong.isEmpty ? nil : wrong
    }

    /// Every row of every tenant.
    func contents() async -> [String] {
        for model in models where model.now.facts != nil {
            let state = model.now
            do {
                let found = try await engine.perform(on: model.id) { database in try Contents(of: database) }
                if found.rows != state.rows { model.violate("its rows are not those of its last commit") }
                if found.tables != state.tables { model.violate("its tables are not those of its last commit") }
                if found.integrity != "ok" { model.violate("integrity_check: \(found.integrity)") }
            } catch {
                model.violate("cannot be read: \(error)")
            }
        }
        return models.flatMap(\.violations)
    }

    /// After the end nothing may be left.
    static func leftovers(of engine: TenantEngine) -> [String] {
        let left = [
            ("waiting works", engine.load.waitingWorks), ("memory", engine.load.memoryBytes),
            ("log bytes", engine.logBytes), ("streams", engine.streamCount), ("threads", engine.threadCount),
            ("open tenants", engine.openCount), ("descriptors", engine.descriptorCount),
        ]
        return left.filter { $0.1 != 0 }.map { "\($0.1) \($0.0) left" }
    }
}

/// What a database holds, in the model's terms.
struct Contents: Sendable {
    private(set) var rows: [Int64: UInt64] = [:]
    private(set) var tables: Set<Int> = []
    private(set) var integrity = ""

    init(of database: TenantDatabase) throws {
        self = try database.own { connection throws(SQLiteError) in
            var found = Contents()
            let rows = try connection.prepare("SELECT id, v FROM t")
            while try rows.step() { found.rows[rows.integer(0)] = Session.hash(Array(rows.blob(1))) }
            let tables = try connection.prepare(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'u_'")
            while try tables.step() { found.tables.insert(Int(tables.string(0).dropFirst())!) }
            let check = try connection.prepare("PRAGMA integrity_check")
            if try check.step() { found.integrity = check.string(0) }
            return found
        }
    }

    private init() {}
}

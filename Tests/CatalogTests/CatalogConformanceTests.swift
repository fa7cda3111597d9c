import Catalog
import CatalogDrivers
import Testing

@Suite struct CatalogConformanceTests {
    @Test(arguments: CatalogConformance.cases.indices)
    func `plain SQLite conforms`(_ index: Int) async throws {
        let conformance = try await CatalogConformance(SQLiteCatalogDriver(), dialect: .sqlite)
        try await CatalogConformance.cases[index].run(conformance)
    }

    @Test(arguments: CatalogConformance.cases.indices)
    func `SQLite behind the wire format conforms`(_ index: Int) async throws {
        let conformance = try await CatalogConformance(WireDriver(base: SQLiteCatalogDriver()), dialect: .sqlite)
        try await CatalogConformance.cases[index].run(conformance)
    }

    @Test(arguments: CatalogConformance.cases.indices)
    func `the embedded catalog conforms`(_ index: Int) async throws {
        let world = try await EmbeddedWorld()
        let conformance = try await CatalogConformance(world.driver, dialect: .sqlite)
        try await CatalogConformance.cases[index].run(conformance)
        withExtendedLifetime(world) {}
    }

    @Test(arguments: CatalogConformance.cases.indices)
    func `another node's embedded catalog conforms`(_ index: Int) async throws {
        let world = try await EmbeddedWorld()
        let remote = RemoteCatalog(transport: DirectTransport(driver: world.driver), address: "http://n1")
        let conformance = try await CatalogConformance(remote, dialect: .sqlite)
        try await CatalogConformance.cases[index].run(conformance)
        withExtendedLifetime(world) {}
    }

    @Test(.needsPostgres, arguments: CatalogConformance.cases.indices)
    func `a catalog in PostgreSQL conforms`(_ index: Int) async throws {
        let world = try await PostgresWorld()
        let conformance = try await CatalogConformance(world.driver, dialect: .postgres)
        try await CatalogConformance.cases[index].run(conformance)
        withExtendedLifetime(world) {}
    }
}

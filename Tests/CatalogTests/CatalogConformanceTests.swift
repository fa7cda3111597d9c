import Catalog
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
}

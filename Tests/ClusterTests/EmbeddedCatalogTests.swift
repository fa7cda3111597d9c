import Catalog
import Tenants
import Testing

@testable import CatalogDrivers

@Suite struct EmbeddedCatalogTests {
    @Test func `what may have happened is not said to have changed nothing`() {
        for (error, isUncertain) in [
            (TenantsError.outcomeUnknown, true), (.busy(queue: "journal"), false), (.diskFull, false),
            (.shuttingDown, false),
        ] {
            let failure = EmbeddedCatalog.failure(error)
            #expect(failure == (isUncertain ? .outcomeUnknown(error.description) : .unavailable(error.description)))
        }
    }
}

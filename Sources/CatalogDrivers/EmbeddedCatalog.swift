package import Catalog
import SQLiteKit
package import Tenants
import Vocabulary

/// The catalog as a tenant of this node's own engine: the same journal makes it durable.
package struct EmbeddedCatalog: CatalogDriver {
    private let engine: TenantEngine

    package init(engine: TenantEngine) { self.engine = engine }

    /// Makes the catalog's tenant where there is none. Its tables are the schema's affair.
    ///
    /// - Throws: `TenantsError`.
    package func prepare() async throws {
        guard engine.facts(of: .catalog) == nil else { return }
        let template = try engine.templates.make(sql: "")
        try await engine.create(.catalog, template: template, epoch: .first)
    }

    package func run(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows] {
        do {
            let outcome = try await engine.perform(on: .catalog) { database in
                Self.execute(transaction, on: database)
            }
            return try outcome.get()
        } catch let error as CatalogError {
            throw error
        } catch let error as TenantsError {
            throw Self.failure(error)
        } catch {
            throw .unavailable("\(error)")
        }
    }

    /// Unavailable says that nothing was changed: that is certain of everything but a journal that ended meanwhile.
    static func failure(_ error: TenantsError) -> CatalogError {
        error == .outcomeUnknown ? .outcomeUnknown(error.description) : .unavailable(error.description)
    }

    /// On the catalog's thread.
    private static func execute(
        _ transaction: CatalogTransaction, on database: TenantDatabase
    ) -> Result<[CatalogRows], CatalogError> {
        do throws(SQLiteError) {
            return try database.own { connection throws(SQLiteError) in
                do throws(CatalogError) {
                    return .success(try CatalogExecutor.run(transaction, on: EmbeddedConnection(connection)))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            return .failure(.unavailable(error.message))
        }
    }
}

package import Catalog
package import Routing
package import Tenants

/// Why a tenant cannot be served here now.
package enum ResidentsError: Error, Sendable {
    case notFound
    /// Deleted; it can be brought back until it is purged.
    case deleted
    /// Another node owns it.
    case elsewhere(NotOwner)
    case catalog(CatalogError)
    case engine(TenantsError)
    /// The schema's template is not known on this node.
    case schemaUnknown(String)
    /// The node has as many tenants as it may.
    case full
}

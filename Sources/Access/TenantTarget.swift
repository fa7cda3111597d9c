package import Vocabulary

/// The tenant that a request is about, as the catalog resolved its key.
package struct TenantTarget: Sendable {
    package let key: TenantKey
    /// nil where no tenant has the key.
    package let id: TenantID?
    /// When the key became this tenant's: at its creation or its last rename. nil where no tenant has the key.
    package let keyBoundAt: WallTime?

    package init(key: TenantKey, id: TenantID?, keyBoundAt: WallTime?) {
        self.key = key
        self.id = id
        self.keyBoundAt = keyBoundAt
    }
}

/// The tenant that a credential names by itself, for requests that name none.
package enum SoleTenant: Hashable, Sendable {
    case id(TenantID)
    case key(TenantKey)
}

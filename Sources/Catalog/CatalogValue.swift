import Vocabulary

/// One SQL value, in the types that SQLite and PostgreSQL share.
package enum CatalogValue: Sendable {
    case null
    case integer(Int64)
    case text(String)
    case blob([UInt8])
}

extension CatalogValue: Equatable {
    /// Text byte for byte, as the databases compare it; Swift's own `==` would join canonically equivalent spellings.
    package static func == (a: CatalogValue, b: CatalogValue) -> Bool {
        switch (a, b) {
        case (.null, .null): true
        case (.integer(let x), .integer(let y)): x == y
        case (.text(let x), .text(let y)): x.utf8.elementsEqual(y.utf8)
        case (.blob(let x), .blob(let y)): x == y
        default: false
        }
    }
}

extension CatalogValue {
    static func id(_ tenant: TenantID) -> CatalogValue { .integer(Int64(bitPattern: tenant.rawValue)) }
    static func key(_ key: TenantKey) -> CatalogValue { .text(key.string) }
    static func node(_ node: NodeID) -> CatalogValue { .text(node.name) }
    static func time(_ time: WallTime) -> CatalogValue { .integer(time.milliseconds) }
    /// Counters stay far below 2⁶³; hashes and ids use the whole range and keep their bits.
    static func bits(_ value: UInt64) -> CatalogValue { .integer(Int64(bitPattern: value)) }
    static func flag(_ value: Bool) -> CatalogValue { .integer(value ? 1 : 0) }
    static func textOrNull(_ value: String?) -> CatalogValue { value.map { .text($0) } ?? .null }
}

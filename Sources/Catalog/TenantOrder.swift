package import Vocabulary

/// The orders in which tenants are listed.
package enum TenantOrder: String, Sendable, CaseIterable {
    /// Byte order.
    case key
    /// The largest first, as their nodes last reported.
    case size
    /// The last written to first, as their nodes last reported.
    case activity

    /// Where a page of a list begins.
    package struct Page: Sendable {
        enum Start: Sendable {
            case beginning
            case key(TenantKey)
            /// After a tenant with this value, those with the same value in order of their ids.
            case value(Int64, TenantID)
        }

        let order: TenantOrder
        let start: Start

        package init(_ order: TenantOrder, after key: TenantKey? = nil) {
            self.order = order
            start = key.map { .key($0) } ?? .beginning
        }

        /// - Parameter cursor: what `cursor(after:)` gave for the same order.
        /// - Returns: nil if it is none of this order's.
        package init?(_ order: TenantOrder, cursor: String) {
            self.order = order
            guard order != .key else {
                guard let key = try? TenantKey(cursor) else { return nil }
                start = .key(key)
                return
            }
            let parts = cursor.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == order.rawValue, let value = Int64(parts[1]),
                let id = TenantID(hex: String(parts[2]))
            else { return nil }
            start = .value(value, id)
        }

        func add(to conditions: inout [String], _ arguments: inout [CatalogValue]) {
            switch start {
            case .beginning: break
            case .key(let key):
                arguments.append(.key(key))
                conditions.append("t.key > ?\(arguments.count)")
            case .value(let value, let id):
                arguments += [.integer(value), .id(id)]
                conditions.append("(\(order.column), t.id) < (?\(arguments.count - 1), ?\(arguments.count))")
            }
        }
    }

    /// The next page's beginning; not to be understood by whoever passes it on.
    package func cursor(after row: TenantRow) -> String {
        switch self {
        case .key: row.key.string
        case .size: "\(rawValue):\(row.bytes):\(row.id)"
        case .activity: "\(rawValue):\(row.used?.milliseconds ?? 0):\(row.id)"
        }
    }

    fileprivate var column: String {
        switch self {
        case .key: "t.key"
        case .size: "t.bytes"
        case .activity: "COALESCE(t.used, 0)"
        }
    }

    var sql: String { self == .key ? column : "\(column) DESC, t.id DESC" }
}

/// What a caller may do with a tenant's database; each level implies those below.
package enum AccessLevel: UInt8, Comparable, Sendable, CaseIterable {
    case read = 1
    case write = 2
    /// Also what changes the schema of tenants that share one.
    case ddl = 3

    /// As tokens and the API write it: `ro`, `rw`, `ddl`.
    package var name: String {
        switch self {
        case .read: "ro"
        case .write: "rw"
        case .ddl: "ddl"
        }
    }

    /// Reads what `name` wrote.
    package init?(name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    /// As libSQL's tokens write it: also `roa` and `rwa`, which add the right to attach. Rowhouse attaches nothing, so that
    /// part is dropped.
    init?(claim: String) {
        switch claim {
        case "roa": self = .read
        case "rwa": self = .write
        default: self.init(name: claim)
        }
    }

    package static func < (a: AccessLevel, b: AccessLevel) -> Bool { a.rawValue < b.rawValue }
}

/// What a user may do in a tenant; each role implies those below.
package enum MemberRole: String, CaseIterable, Comparable, Sendable {
    case ro
    case rw
    /// Also what changes the schema.
    case admin

    private var rank: Int {
        switch self {
        case .ro: 0
        case .rw: 1
        case .admin: 2
        }
    }

    package static func < (a: MemberRole, b: MemberRole) -> Bool { a.rank < b.rank }
}

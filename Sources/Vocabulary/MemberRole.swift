/// What a user may do in a tenant; each role implies those below.
package enum MemberRole: String, CaseIterable, Comparable, Sendable {
    case ro
    /// Rows and the schema: nothing in SQL tells the two apart.
    case rw
    /// What the application makes of it; in SQL it is as `rw`.
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

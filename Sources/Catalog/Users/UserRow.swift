package import Vocabulary

/// A user as the catalog knows it.
package struct UserRow: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        case active
        /// Cannot sign in and has no sessions; the email stays taken.
        case disabled
    }

    package var id: UserID
    package var email: CatalogEmail
    /// The hash with its parameters, in words of the room that makes it; nil for one who signs in otherwise.
    package var password: String?
    package var passwordChanged: WallTime?
    package var state: State
    package var created: WallTime
    package var changed: WallTime
    /// Raised by every change; a change that was computed from the row compares it.
    package var revision: UInt64

    static let columns = """
        u.id, u.email, u.normal, u.rule, u.password, u.password_changed, u.state, u.created, u.changed, u.revision
        """
    /// What `init(_:)` reads; a `WHERE` follows.
    static let select = "SELECT \(columns) FROM users u"

    init(_ row: [CatalogValue]) throws(CatalogError) {
        var reader = RowReader("users", row)
        id = try reader.user()
        email = CatalogEmail(
            given: try reader.text(), normal: try reader.text(), rule: Int(clamping: try reader.integer()))
        password = try reader.textOrNull()
        passwordChanged = try reader.timeOrNull()
        state = try reader.word(State.self)
        created = try reader.time()
        changed = try reader.time()
        revision = try reader.bits()
    }

    static func all(_ result: CatalogRows) throws(CatalogError) -> [UserRow] {
        var rows: [UserRow] = []
        rows.reserveCapacity(result.rows.count)
        for row in result.rows { rows.append(try UserRow(row)) }
        return rows
    }
}

/// An email in the forms that a row keeps.
package struct CatalogEmail: Hashable, Sendable {
    /// As its owner wrote it: where mail goes.
    package var given: String
    /// What must be unique.
    package var normal: String
    /// By which version of the rules.
    package var rule: Int

    package init(given: String, normal: String, rule: Int) {
        self.given = given
        self.normal = normal
        self.rule = rule
    }
}

extension RowReader {
    mutating func user() throws(CatalogError) -> UserID { UserID(try bits()) }
}

extension CatalogValue {
    static func user(_ user: UserID) -> CatalogValue { .bits(user.rawValue) }
    static func timeOrNull(_ time: WallTime?) -> CatalogValue { time.map { .time($0) } ?? .null }
}

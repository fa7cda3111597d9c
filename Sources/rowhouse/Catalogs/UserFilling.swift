import Access
import Catalog
import Crypto
import Seams
import Vocabulary

/// Puts many users into an empty catalog quickly, for measuring: each with its email's claim, a membership in the first
/// tenant and a session.
struct UserFilling {
    let driver: any CatalogDriver
    let users: Int

    /// Users of one transaction, and of one statement within its arguments' bound.
    private static let transaction = 800
    private static let statement = 8

    static func email(_ number: Int) -> String { "user\(number)@example.com" }

    /// Tokens of a session's length, made anew instead of kept.
    static func token(_ number: Int) -> String {
        let digits = String(number)
        return SessionToken.prefix + String(repeating: "A", count: 43 - digits.utf8.count) + digits
    }

    static func digest(_ number: Int) -> [UInt8] { Array(SHA256.hash(data: Array(token(number).utf8))) }

    /// - Parameter tell: how far it is, 0 to 1; answers whether to go on.
    /// - Throws: `CatalogError`.
    func run(_ tell: (Double) -> Bool) async throws(CatalogError) {
        let ends = SystemTime().wall().milliseconds + 86_400_000
        var next = 0
        while next < users, tell(Double(next) / Double(users)) {
            let end = min(next + Self.transaction, users)
            var statements: [CatalogStatement] = []
            for start in stride(from: next, to: end, by: Self.statement) {
                statements += Self.rows(start..<min(start + Self.statement, end), ends: ends)
            }
            _ = try await driver.run(CatalogTransaction(.schema, statements))
            next = end
        }
    }

    private static func rows(_ numbers: Range<Int>, ends: Int64) -> [CatalogStatement] {
        [
            insert(
                "claims (namespace, value, state, token, owner, created, changed)",
                "'email', ?, 'confirmed', ?, ?, 0, 0",
                numbers.map { [.text(email($0)), .blob(digest($0)), .text("user:\($0)")] }),
            insert(
                "users (id, email, normal, rule, state, created, changed, revision)", "?, ?, ?, 1, 'active', 0, 0, 1",
                numbers.map { [id($0), .text(email($0)), .text(email($0))] }),
            insert(
                "memberships (user_id, tenant, role, created, changed)", "?, ?, 'rw', 0, 0",
                numbers.map { [id($0), CatalogFilling.id(0)] }),
            insert(
                "sessions (digest, id, user_id, device, origin, created, slid, expires, ends)",
                "?, ?, ?, 'phone', '', 0, 0, \(ends), \(ends)", numbers.map { [.blob(digest($0)), id($0), id($0)] }),
        ]
    }

    /// - Parameter row: with a `?` for each value of a row.
    private static func insert(_ table: String, _ row: String, _ values: [[CatalogValue]]) -> CatalogStatement {
        var number = 0
        let texts = values.map { _ in
            row.reduce(into: "") { text, character in
                guard character == "?" else { return text.append(character) }
                number += 1
                text += "?\(number)"
            }
        }
        let places = texts.map { "(\($0))" }.joined(separator: ", ")
        return CatalogStatement("INSERT INTO \(table) VALUES \(places)", values.flatMap { $0 })
    }

    /// Spread as random ones are.
    private static func id(_ number: Int) -> CatalogValue {
        .integer(Int64(bitPattern: UInt64(number + 1) &* 0x9E37_79B9_7F4A_7C15))
    }
}

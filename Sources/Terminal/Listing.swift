/// How objects of the control plane are shown: which fields, under which headings, in which order.
package struct Listing: Sendable {
    package enum Style: Sendable {
        case plain
        case number
        case size
        case milliseconds
    }

    package struct Field: Sendable {
        package let name: String
        package let title: String
        package let style: Style

        package init(_ name: String, _ title: String, _ style: Style = .plain) {
            self.name = name
            self.title = title
            self.style = style
        }
    }

    package let fields: [Field]

    package init(fields: [Field]) {
        self.fields = fields
    }

    package static let tenants = Listing(fields: [
        Field("key", "KEY"), Field("state", "STATE"), Field("node", "NODE"), Field("bytes", "SIZE", .size),
        Field("txid", "TXID", .number), Field("schema", "SCHEMA"), Field("createdAt", "CREATED"),
    ])
    package static let nodes = Listing(fields: [
        Field("id", "NODE"), Field("state", "STATE"), Field("address", "ADDRESS"), Field("zone", "ZONE"),
        Field("tenants", "TENANTS", .number), Field("bytes", "SIZE", .size),
    ])
    package static let users = Listing(fields: [
        Field("id", "USER"), Field("email", "EMAIL"), Field("state", "STATE"), Field("hasPassword", "PASSWORD"),
        Field("createdAt", "CREATED"),
    ])
    package static let memberships = Listing(fields: [Field("tenant", "TENANT"), Field("role", "ROLE")])
    package static let sessions = Listing(fields: [
        Field("id", "SESSION"), Field("state", "STATE"), Field("tenant", "TENANT"), Field("role", "ROLE"),
        Field("device", "DEVICE"), Field("origin", "FROM"), Field("usedAt", "USED"), Field("expiresAt", "EXPIRES"),
    ])
    package static let moves = Listing(fields: [
        Field("id", "MOVE"), Field("tenant", "TENANT"), Field("from", "FROM"), Field("to", "TO"),
        Field("state", "STATE"), Field("bytes", "BYTES", .size), Field("pauseMS", "PAUSE", .milliseconds),
        Field("reason", "REASON"),
    ])
    package static let plans = Listing(fields: [
        Field("id", "PLAN"), Field("state", "STATE"), Field("moves", "MOVES", .number), Field("madeAt", "MADE"),
        Field("changedAt", "CHANGED"),
    ])

    package static let flags = Listing(fields: [
        Field("name", "FLAG"), Field("value", "VALUE"), Field("version", "VERSION", .number),
        Field("changedAt", "CHANGED"), Field("changedBy", "BY"), Field("seq", "SEQ", .number),
    ])
    package static let claims = Listing(fields: [
        Field("namespace", "NAMESPACE"), Field("value", "VALUE"), Field("tenant", "TENANT"), Field("state", "STATE"),
        Field("createdAt", "CREATED"), Field("expiresAt", "EXPIRES"),
    ])
    package static let keys = Listing(fields: [
        Field("kid", "KEY"), Field("state", "STATE"), Field("createdAt", "CREATED"), Field("retiredAt", "RETIRED"),
        Field("publicKey", "PUBLIC KEY"),
    ])
    package static let audit = Listing(fields: [
        Field("at", "TIME"), Field("actor", "WHO"), Field("action", "WHAT"), Field("subject", "TO"),
        Field("origin", "FROM"), Field("detail", "DETAIL"),
    ])

    /// The objects as rows of a table.
    package func table(_ items: [JSONValue], width: Int?) -> String {
        var table = Table(fields.map { Table.Column($0.title, right: $0.style != .plain) })
        for item in items { table.add(fields.map { Self.shown(item[$0.name] ?? .null, $0.style) }) }
        return table.text(width: width)
    }

    /// One object, a field on each line: those of the listing first, then all others by name.
    package func details(_ item: JSONValue) -> String {
        guard case .object(let members) = item else { return item.text() + "\n" }
        let known = fields.filter { members[$0.name] != nil }
        let others = members.keys.sorted().filter { name in !fields.contains { $0.name == name } }
        let all = known + others.map { Field($0, $0) }
        let width = all.map { TerminalText.width($0.name) }.max() ?? 0
        return all.map { field in
            let value = TerminalText.visible(Self.shown(members[field.name] ?? .null, field.style))
            return TerminalText.padded(TerminalText.visible(field.name), to: width) + "  \(value)\n"
        }.joined()
    }

    private static func shown(_ value: JSONValue, _ style: Style) -> String {
        switch (value, style) {
        case (.null, _): "-"
        case (.integer(let number), .size): HumanText.size(number)
        case (.integer(let number), .milliseconds): HumanText.duration(.milliseconds(number))
        case (.number(let number), .milliseconds): HumanText.duration(.seconds(number / 1000))
        case (.string(let text), _): text
        default: value.text()
        }
    }
}

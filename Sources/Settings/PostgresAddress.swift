import Yams

/// A connection string of libpq's: `host=db1,db2 dbname=rowhouse user=rowhouse`, or `postgresql://…`. It may hold a
/// password, which is never shown.
package struct PostgresAddress: Sendable, Equatable, CustomStringConvertible {
    /// What stands for a password where the string is shown.
    package static let hidden = "***"

    /// With the password: for libpq only.
    package let connection: String

    package init(_ connection: String) { self.connection = connection }

    /// Without what is secret in it.
    package var description: String {
        ConnectionStringMask(hidden: Self.hidden).masked(connection)
    }

    /// It was printed somewhere, and the password left out.
    var lacksPassword: Bool { connection.contains("=\(Self.hidden)") || connection.contains(":\(Self.hidden)@") }
}

extension SettingForm where Value == PostgresAddress {
    static var postgresAddress: SettingForm {
        let expected = "libpq's connection string, such as \"host=db1,db2 dbname=rowhouse user=rowhouse\""
        return SettingForm(
            kind: "connection string", expected: expected,
            read: { node, place, log in
                guard let text = node.plainText, SettingForm<String>.isLine(text),
                    text.contains("=") || text.contains("://")
                else {
                    log.add(place.at(node.line), "expected \(expected)")
                    return nil
                }
                let address = PostgresAddress(text)
                guard !address.lacksPassword else {
                    log.add(
                        place.at(node.line),
                        "\(PostgresAddress.hidden) stands where `rowhouse config print` left the password out; give it, or "
                            + "name a file that holds it: passfile=…")
                    return nil
                }
                return address
            },
            write: { YAMLText.scalar($0.description) })
    }
}

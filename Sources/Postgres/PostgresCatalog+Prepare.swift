import Catalog
package import Vocabulary

extension PostgresCatalog {
    /// What an operator should know of the server.
    package struct Facts: Equatable, Sendable {
        package var version: String
        /// Empty where a commit does not wait for any standby: a fail-over may then lose some.
        package var synchronousStandbys: String
    }

    /// Looks whether the server can hold a catalog, makes our schema in the database where it is missing, and brings the
    /// tables up to date. Safe to run by several nodes at once.
    ///
    /// - Throws: `PostgresError.unfit`; `CatalogError`.
    package func prepare(at now: WallTime) async throws -> Facts {
        let facts = try await facts()
        try await makeSchema()
        try await CatalogSchema.migrate(self, dialect: .postgres, at: now)
        return facts
    }

    /// - Throws: `PostgresError.unfit`; `CatalogError`.
    package func facts() async throws -> Facts {
        let names = ["fsync", "server_encoding", "synchronous_commit", "synchronous_standby_names", "server_version"]
        let columns = names.map { "current_setting('\($0)', true)" }.joined(separator: ", ")
        let found = try await run(CatalogTransaction(.read, [CatalogStatement("SELECT \(columns)")]))
        let values = (found.first?.rows.first ?? []).map { value in
            if case .text(let text) = value { text } else { "" }
        }
        guard values.count == names.count else { throw PostgresError.unfit("it does not tell its settings") }
        if values[0] == "off" {
            throw PostgresError.unfit("fsync is off, so a crash of its machine loses commits; set fsync = on")
        }
        guard ["UTF8", ""].contains(values[1]) else {
            throw PostgresError.unfit("the database's encoding is \(values[1]); make one with ENCODING 'UTF8'")
        }
        // Every connection turns it on where it was off: a server on which that has no effect is none for us.
        guard !["off", "local"].contains(values[2]) else {
            throw PostgresError.unfit("synchronous_commit is \(values[2]) and cannot be turned on")
        }
        return Facts(version: values[4], synchronousStandbys: values[3])
    }

    private func makeSchema() async throws(CatalogError) {
        let find = CatalogStatement("SELECT 1 FROM pg_namespace WHERE nspname = ?1", [.text(schema)])
        guard try await run(CatalogTransaction(.read, [find]))[0].rows.isEmpty else { return }
        let make = CatalogStatement("CREATE SCHEMA IF NOT EXISTS \(PostgresSetup.quoted(schema))")
        _ = try await run(CatalogTransaction(.schema, [make]))
    }
}

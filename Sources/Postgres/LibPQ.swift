import CPostgres

/// PostgreSQL's client library, loaded when the first catalog on PostgreSQL is made.
package struct LibPQ: @unchecked Sendable {
    // Unchecked: pointers to functions that never change. libpq is thread-safe as long as one thread at a time uses a
    // connection, which the pool sees to.

    /// The file that is loaded, and where Debian and its relatives have it from.
    package static let library = "libpq.so.5"
    package static let package = "libpq5"

    let calls: rh_pq

    /// - Throws: `PostgresError.noLibrary`.
    package static func load(_ library: String = library) throws(PostgresError) -> LibPQ {
        var calls = rh_pq()
        if let why = rh_pq_load(&calls, library) { throw .noLibrary(String(cString: why)) }
        guard calls.isThreadSafe() == 1 else { throw .noLibrary("it was built without threads") }
        return LibPQ(calls: calls)
    }

    /// The hosts that a connection string names, in its order.
    ///
    /// - Throws: `PostgresError.connectionString`.
    package func hosts(of text: String) throws(PostgresError) -> [String] {
        let given = try parameters(of: text)
        let hosts = given["host"].flatMap { $0.isEmpty ? nil : $0 } ?? given["hostaddr"] ?? ""
        return hosts.split(separator: ",").map(String.init)
    }

    /// What a connection string says.
    ///
    /// - Throws: `PostgresError.connectionString`.
    func parameters(of text: String) throws(PostgresError) -> [String: String] {
        var error: UnsafeMutablePointer<CChar>?
        guard let options = calls.parse(text, &error) else {
            defer { if let error { calls.freeMemory(error) } }
            // libpq repeats what it cannot read, and that may be a password with a blank in it.
            let mayTell = !text.lowercased().contains("pass") && !text.contains("@")
            throw .connectionString(
                mayTell
                    ? error.map { LibPQ.line($0) } ?? "it cannot be read"
                    : "it cannot be read: look at its quotes, blanks and backslashes (not repeated, for its password)")
        }
        defer { calls.freeOptions(options) }
        var given: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.value { given[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return given
    }

    /// A message of libpq's or the server's as one line.
    static func line(_ text: UnsafePointer<CChar>?) -> String {
        guard let text else { return "" }
        return String(cString: text).split(whereSeparator: \.isNewline)
            .map { $0.drop(while: \.isWhitespace) }.joined(separator: "; ")
    }
}

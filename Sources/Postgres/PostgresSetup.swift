/// What every connection of ours is made with.
enum PostgresSetup {
    /// For libpq, of which the last of a name counts: defaults, the operator's string, and what must be so.
    ///
    /// - Parameter wanted: what the operator's string says of `connect_timeout`.
    static func parameters(_ options: PostgresOptions, connectTimeout wanted: String?) -> [(
        name: String, value: String
    )] {
        let answer = (options.statementTimeout + PostgresSession.grace) / 1_000_000
        return [
            ("application_name", "rowhouse"),
            // A standby, or a primary that has become one, is of no use, whatever host it is.
            ("target_session_attrs", "read-write"),
            // A connection that a firewall has forgotten is found out before it is needed.
            ("keepalives_idle", "20"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "\(answer)"),
            ("dbname", options.connection),
            ("client_encoding", "UTF8"),
            ("connect_timeout", "\(connectTimeout(options, wanted))"),
        ]
    }

    /// Seconds for each address that is tried. To libpq none, 0 and less are no bound at all.
    private static func connectTimeout(_ options: PostgresOptions, _ wanted: String?) -> UInt64 {
        let given = wanted.flatMap { Int64($0) } ?? 0
        return given > 0 ? UInt64(min(given, longestConnect)) : max(2, options.connectTimeout / 1_000_000_000)
    }

    private static let longestConnect: Int64 = 60

    /// Run on a new connection, whatever the server's, the database's or the role's defaults are.
    /// - Parameter mark: of letters and digits.
    /// - Returns: what asks for `fsync` at its end.
    static func sql(_ options: PostgresOptions, mark: String) -> String {
        """
        SET rowhouse.session = '\(mark)';
        SET search_path TO \(quoted(options.schema));
        SET default_transaction_isolation = 'serializable';
        SET statement_timeout = \(options.statementTimeout / 1_000_000);
        SET idle_in_transaction_session_timeout = \((options.transactionTimeout + PostgresSession.grace) / 1_000_000);
        SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit', true) IN ('off', 'local', 'remote_write');
        SELECT current_setting('fsync', true)
        """
    }

    static let marked = "SELECT current_setting('rowhouse.session', true)"

    /// For the transaction that has begun.
    static func patience(_ nanoseconds: UInt64) -> String {
        "SET LOCAL statement_timeout = \(nanoseconds / 1_000_000)"
    }

    static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

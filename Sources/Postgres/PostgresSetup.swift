/// What every connection of ours is made with.
enum PostgresSetup {
    /// For libpq, of which the last of a name counts: defaults, the operator's string, and what must be so.
    static func parameters(_ options: PostgresOptions) -> [(name: String, value: String)] {
        let answer = (options.statementTimeout + PostgresSession.grace) / 1_000_000
        return [
            ("application_name", "rowhouse"),
            ("connect_timeout", "\(max(2, options.connectTimeout / 1_000_000_000))"),
            // A standby, or a primary that has become one, is of no use, whatever host it is.
            ("target_session_attrs", "read-write"),
            // A connection that a firewall has forgotten is found out before it is needed.
            ("keepalives_idle", "20"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "\(answer)"),
            ("dbname", options.connection),
            ("client_encoding", "UTF8"),
        ]
    }

    /// Run on a new connection, whatever the server's, the database's or the role's defaults are.
    static func sql(_ options: PostgresOptions) -> String {
        """
        SET search_path TO \(quoted(options.schema));
        SET default_transaction_isolation = 'serializable';
        SET statement_timeout = \(options.statementTimeout / 1_000_000);
        SET idle_in_transaction_session_timeout = \((options.transactionTimeout + PostgresSession.grace) / 1_000_000);
        SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit', true) IN ('off', 'local')
        """
    }

    static func quoted(_ name: String) -> String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

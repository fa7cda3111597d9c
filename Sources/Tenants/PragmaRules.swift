/// The pragmas that tenants may use; every other one is the server's.
enum PragmaRules {
    /// Answers about schema and content, with or without an argument.
    static let freelyReadable: Set<String> = [
        "table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo", "foreign_key_list",
        "foreign_key_check", "integrity_check", "quick_check", "function_list", "collation_list", "module_list",
        "pragma_list", "compile_options", "database_list", "data_version",
    ]
    static let readableOnly: Set<String> = [
        "page_count", "page_size", "freelist_count", "max_page_count", "encoding", "schema_version", "journal_mode",
        "auto_vacuum", "synchronous", "locking_mode", "cache_size", "busy_timeout", "query_only",
    ]
    /// State of one caller's connection.
    static let session: Set<String> = [
        "foreign_keys", "defer_foreign_keys", "recursive_triggers", "case_sensitive_like", "reverse_unordered_selects",
        "read_uncommitted", "ignore_check_constraints", "legacy_alter_table", "automatic_index", "analysis_limit",
    ]
    static let writing: Set<String> = ["user_version", "application_id", "incremental_vacuum", "optimize"]
    static let writingWithoutArgument: Set<String> = ["incremental_vacuum", "optimize"]
}

/// A failure that a client sees inside a response: of a statement, or of a request on a stream.
///
/// `code` is stable and for programs, `message` is for people.
package struct HranaError: Error, Hashable, Sendable {
    package var message: String
    package var code: String?

    package init(_ message: String, code: String?) {
        self.message = message
        self.code = code
    }
}

/// The stable codes of failures, beside those of SQLite's own (`SQLiteErrorName`).
package enum HranaErrorCode {
    /// The SQL does not parse, or is of a kind that is refused.
    package static let parseError = "SQL_PARSE_ERROR"
    /// The text holds no statement.
    package static let noStatement = "SQL_NO_STATEMENT"
    /// The text holds more than one statement.
    package static let manyStatements = "SQL_MANY_STATEMENTS"
    /// SQLite refused to prepare the statement and said where, for example: no such column.
    package static let inputError = "SQL_INPUT_ERROR"
    /// Too many arguments, or a parameter without one.
    package static let argumentsInvalid = "ARGS_INVALID"
    package static let argumentsBothKinds = "ARGS_BOTH_POSITIONAL_AND_NAMED"
    /// The transaction held the write lock too long while another waited, and was rolled back.
    package static let transactionTimeout = "TRANSACTION_TIMEOUT"
    package static let transactionBusy = "TRANSACTION_BUSY"
    package static let blocked = "BLOCKED"
    package static let responseTooLarge = "RESPONSE_TOO_LARGE"
    /// The stream named by the baton expired; its transaction was rolled back.
    package static let streamExpired = "STREAM_EXPIRED"
    package static let storeTooMany = "SQL_STORE_TOO_MANY"
    package static let storeTooLarge = "SQL_STORE_TOO_LARGE"
}

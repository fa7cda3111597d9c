import Hrana

/// How a statement's failure looks in the answer of `POST query`: the third table of this room.
struct QueryFailure: Equatable {
    let status: Int
    /// Stable, in small letters.
    let code: String
    /// SQLite's name of the error, where it is SQLite's.
    let sqlite: String?

    init(_ error: HranaError) {
        let code = error.code ?? ""
        switch code {
        case HranaErrorCode.parseError, HranaErrorCode.inputError: self.init(400, "sql_error", "SQLITE_ERROR")
        case HranaErrorCode.blocked: self.init(400, "sql_error", "SQLITE_AUTH")
        case HranaErrorCode.responseTooLarge: self.init(413, "result_too_large")
        case StatementFailure.OwnCode.transactionTooLarge: self.init(413, "transaction_too_large")
        case StatementFailure.OwnCode.deadlineExceeded: self.init(504, "deadline_exceeded")
        case StatementFailure.OwnCode.diskFull: self.init(507, "disk_full")
        case StatementFailure.OwnCode.quotaExceeded: self.init(507, "quota_exceeded")
        case StatementFailure.OwnCode.temporaryFull: self.init(507, "temporary_full")
        case HranaErrorCode.transactionTimeout, HranaErrorCode.transactionBusy, StatementFailure.OwnCode.readExpired:
            self.init(503, "busy")
        default: self.init(400, "sql_error", code.hasPrefix("SQLITE_") ? code : nil)
        }
    }

    private init(_ status: Int, _ code: String, _ sqlite: String? = nil) {
        self.status = status
        self.code = code
        self.sqlite = sqlite
    }
}

extension HranaError {
    static let transactionInQuery = HranaError(
        "A query is a transaction of its own: send several statements together, with \"atomic\" true or false, instead of BEGIN, COMMIT and their like",
        code: "SQLITE_ERROR")
    static let vacuumInQuery = HranaError(
        "A query is a transaction of its own, and VACUUM works outside of any: send it through a pipeline",
        code: "SQLITE_ERROR")
}

extension TransportError {
    /// A commit that failed where no statement's result can tell of it.
    init(committing error: HranaError) {
        self.init(QueryFailure(error).status, error.code ?? "SQL_ERROR", error.message)
    }
}

extension JSONWriter {
    /// A request's failure in the control plane's shape.
    mutating func plainError(_ error: TransportError, _ requestID: RequestNumber) {
        plainError(code: error.code.lowercased(), message: error.message, requestID: requestID.description)
    }
}

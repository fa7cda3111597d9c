import Hrana
import SQLiteKit
import Tenants

/// How failures of statements look to clients: the second table of this room.
enum StatementFailure {
    /// When a statement failed. SQLite tells what is wrong with a text only while it compiles it.
    enum Phase { case preparing, running }

    /// For failures that end one statement: `StatementRunner.stop` has taken out those that end or stop the program.
    static func error(_ failure: SQLFailure, _ phase: Phase) -> HranaError {
        switch failure {
        case .sqlite(let error): return describe(error, phase)
        case .noStatement: return HranaError("The text holds no SQL statement", code: HranaErrorCode.noStatement)
        case .manyStatements: return .manyStatements
        case .lacksWriteRight: return .readOnlyTransaction
        case .blocked(let reason): return HranaError("Not allowed: \(reason)", code: HranaErrorCode.blocked)
        case .needsOwnConnection: return HranaError("Not allowed here", code: HranaErrorCode.blocked)
        case .transactionTimedOut:
            return HranaError(
                "The transaction took too long while others waited to write, and was rolled back",
                code: HranaErrorCode.transactionTimeout)
        case .replaced:
            return HranaError(
                "The tenant was replaced by an uploaded file; what was open on this stream is gone",
                code: OwnCode.tenantReplaced)
        case .deadlineExceeded: return .deadlineExceeded
        case .readExpired:
            return HranaError(
                "The read ran so long beside so many writes that its snapshot could not be kept; run it again",
                code: OwnCode.readExpired)
        case .recalled:
            return HranaError(
                "The statement was ended because its tenant is being moved or replaced; run it again",
                code: HranaErrorCode.transactionBusy)
        case .cancelled: return HranaError("The client has left", code: SQLiteErrorName.of(code: 9))
        case .writerBusy, .overloaded, .busy:
            return HranaError(
                "Too many others are waiting to write, or running slow statements; try again shortly",
                code: HranaErrorCode.transactionBusy)
        case .transactionTooLarge:
            return HranaError("The transaction is too large; split it", code: OwnCode.transactionTooLarge)
        case .diskFull:
            return HranaError("The disk is full; reading and deleting still work", code: OwnCode.diskFull)
        case .temporaryFull:
            return HranaError(
                "The statement needs more temporary space (to sort or to remember rows) than a tenant may take",
                code: OwnCode.temporaryFull)
        case .quotaExceeded: return HranaError("The database has reached its size", code: OwnCode.quotaExceeded)
        }
    }

    private static func describe(_ error: SQLiteError, _ phase: Phase) -> HranaError {
        if error.code == noMemory { return .outOfMemory }
        let message = "SQLite error: \(error.message)"
        guard phase == .preparing, error.code == 1 else {
            return HranaError(message, code: SQLiteErrorName.of(code: error.extendedCode))
        }
        if isSyntax(error.message) { return HranaError(message, code: HranaErrorCode.parseError) }
        guard error.offset >= 0 else { return HranaError(message, code: SQLiteErrorName.of(code: error.extendedCode)) }
        return HranaError("\(message) (at byte \(error.offset))", code: HranaErrorCode.inputError)
    }

    /// SQLITE_NOMEM.
    private static let noMemory: Int32 = 7

    /// SQLite gives its parser's errors no code of their own, but the same words since ever.
    private static func isSyntax(_ message: String) -> Bool {
        message.hasPrefix("near \"") && message.hasSuffix("syntax error")
            || message.hasPrefix("unrecognized token") || message == "incomplete input"
            || message == "parser stack overflow"
    }

    /// Codes beside the protocol's, for limits that only we have.
    enum OwnCode {
        static let transactionTooLarge = "TRANSACTION_TOO_LARGE"
        static let diskFull = "DISK_FULL"
        static let temporaryFull = "TEMPORARY_FULL"
        static let quotaExceeded = "QUOTA_EXCEEDED"
        static let deadlineExceeded = "DEADLINE_EXCEEDED"
        static let textInvalid = "TEXT_NOT_UTF8"
        static let tenantReplaced = "TENANT_REPLACED"
        static let readExpired = "READ_EXPIRED"
        static let cursorEnded = "CURSOR_ENDED"
        static let unknownStoredText = "SQL_UNKNOWN"
    }

    /// The status of a version 1 call that failed with this: there, a statement's failure is the answer's.
    static func version1Status(of error: HranaError) -> Int {
        switch error.code {
        case HranaErrorCode.argumentsBothKinds: 501
        case HranaErrorCode.transactionTimeout, HranaErrorCode.transactionBusy, OwnCode.readExpired: 503
        case OwnCode.deadlineExceeded: 504
        case OwnCode.diskFull, OwnCode.quotaExceeded, OwnCode.temporaryFull: 507
        case OwnCode.transactionTooLarge: 413
        case let code? where code.hasPrefix("SQLITE_"): 500
        default: 400
        }
    }
}

extension HranaError {
    static let manyStatements = HranaError(
        "The text holds more than one SQL statement; use a sequence for that", code: HranaErrorCode.manyStatements)
    /// As SQLite says it of a file that it may not write.
    static let readOnlyTransaction = HranaError(
        "SQLite error: attempt to write in a read-only transaction", code: "SQLITE_READONLY")
    static let outOfMemory = HranaError(
        "The statement needs more memory than a tenant's SQL may take, or is nested too deeply; split it",
        code: "SQLITE_NOMEM")
    static let deadlineExceeded = HranaError(
        "The deadline passed before the statement was done; what it did is undone",
        code: StatementFailure.OwnCode.deadlineExceeded)
    static let responseTooLarge = HranaError(
        "The response is too large; ask for fewer rows, or use a cursor", code: HranaErrorCode.responseTooLarge)
    static let vacuumInto = HranaError(
        "Not allowed: VACUUM INTO would write a file on the server; VACUUM alone is allowed",
        code: HranaErrorCode.blocked)
    static func unknownDatabase(_ name: String) -> HranaError {
        HranaError("SQLite error: unknown database \(name)", code: SQLiteErrorName.of(code: 1))
    }
    static func syntaxError(near token: String) -> HranaError {
        HranaError("SQLite error: near \"\(token)\": syntax error", code: HranaErrorCode.parseError)
    }

    static func textNotUTF8(column: Int32) -> HranaError {
        HranaError(
            "The text in column \(column) is not UTF-8; read it with CAST(… AS BLOB)",
            code: StatementFailure.OwnCode.textInvalid)
    }
}

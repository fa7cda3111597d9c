import Hrana

extension HranaError {
    static let streamNotOpen = HranaError(
        "The stream is not open: opening it, or a request on it before, has failed; close it and open another",
        code: "STREAM_NOT_OPEN")
    static let batonUsed = HranaError("The stream is at work", code: "BATON_USED")
    static let cursorEndedWithStream = HranaError(
        "The cursor was ended with its stream", code: StatementFailure.OwnCode.cursorEnded)
    static let cursorNotOpen = HranaError("The cursor was closed", code: "CURSOR_NOT_OPEN")
    static let tooManyStreams = HranaError(
        "Too many streams are open on this connection; close those that are done", code: "TOO_MANY_STREAMS")
    static let tooManyCursors = HranaError(
        "Too many cursors are open on this connection; close those that are done", code: "TOO_MANY_CURSORS")
    static let answerUnreadable = HranaError(
        "The request may have taken effect; look before you repeat it", code: "OUTCOME_UNKNOWN")
}

import Access
import Hrana

extension HranaError {
    static let streamNotOpen = HranaError(
        "The stream is not open: opening it, or a request on it before, has failed; close it and open another",
        code: "STREAM_NOT_OPEN")
    static let batonUsed = HranaError("The stream is at work", code: "BATON_USED")
    static let cursorEndedWithStream = HranaError(
        "The cursor was ended with its stream", code: StatementFailure.OwnCode.cursorEnded)
    static let cursorNotOpen = HranaError("The cursor was closed", code: "CURSOR_NOT_OPEN")
    static let otherTenant = HranaError(
        "The token is for another tenant than this connection; open another for it", code: "FORBIDDEN")
    static let tooManyStreams = HranaError(
        "Too many streams are open on this connection; close those that are done", code: "TOO_MANY_STREAMS")
    static let tooManyCursors = HranaError(
        "Too many cursors are open on this connection; close those that are done", code: "TOO_MANY_CURSORS")
    static let answerUnreadable = HranaError(
        "The request may have taken effect; look before you repeat it", code: "OUTCOME_UNKNOWN")
}

extension HranaError {
    /// Nothing of the request was executed, and its stream is as it was.
    var saysNothingRan: Bool {
        ["BUSY", "MOVING", "CATALOG_UNAVAILABLE", "DEADLINE_EXCEEDED"].contains(code)
    }
}

extension SocketClose {
    init(_ error: HranaDecodingError) {
        let code: UInt16 =
            switch error {
            case .message(.notInThisVersion, _): 1008
            case .limit: 1009
            case .json, .protobuf, .message: 1007
            }
        self.init(code, error.message)
    }
}

extension HranaError {
    /// With the codes that clients of the protocol know.
    init(_ error: AccessError) {
        let code =
            switch error {
            case .tokenInvalid: "AUTH_JWT_INVALID"
            case .tokenExpired: "AUTH_JWT_EXPIRED"
            case .tokenMissing: "AUTH_HEADER_NOT_FOUND"
            default: error.code.uppercased()
            }
        self.init(error.description, code: code)
    }

    /// The body of an answer that failed as a whole, in any of its forms.
    init(answer bytes: UnsafeRawBufferPointer) {
        if let error = HranaDecoder.error(bytes) {
            // A session that was read is refused in the words in which one from memory is.
            switch error.code {
            case "TOKEN_INVALID": self.init(.tokenInvalid)
            case "TOKEN_EXPIRED": self.init(.tokenExpired)
            default: self = error
            }
        } else if bytes.elementsEqual(TransportError.batonUsed.message.utf8) {
            self = .batonUsed
        } else if bytes.starts(with: "The baton".utf8) {
            self.init(
                "The stream was ended meanwhile, and what was not committed was rolled back",
                code: HranaErrorCode.streamExpired)
        } else {
            self.init(String(decoding: bytes.prefix(512), as: UTF8.self), code: "BAD_REQUEST")
        }
    }
}

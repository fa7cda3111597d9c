/// Why a request could not be understood: a protocol error, which HTTP answers with 400 and `message` as plain text.
///
/// Nothing of the request's content is in the message, so it may be logged and counted.
package enum HranaDecodingError: Error, Hashable, Sendable {
    /// The bytes are not one JSON document.
    case json(JSONFault, at: Int)
    /// The bytes are not one message in the wire format of Protocol Buffers.
    case protobuf(ProtobufFault, at: Int)
    /// The JSON is not the message that was expected.
    case message(MessageFault, at: Int)
    /// The request is larger than the server accepts.
    case limit(LimitFault, at: Int)

    /// The offset in bytes of where the mistake was seen.
    package var position: Int {
        switch self {
        case .json(_, let at), .protobuf(_, let at), .message(_, let at), .limit(_, let at): at
        }
    }

    /// One line for people, stable between releases but for additions.
    package var message: String {
        switch self {
        case .json(let fault, let at): "Invalid JSON at byte \(at): \(fault.rawValue)"
        case .protobuf(let fault, let at): "Invalid Protocol Buffers at byte \(at): \(fault.rawValue)"
        case .message(let fault, let at): "Invalid request at byte \(at): \(fault.description)"
        case .limit(let fault, let at): "Request too large at byte \(at): \(fault.rawValue)"
        }
    }
}

/// What is wrong with the JSON.
package enum JSONFault: String, Hashable, Sendable, CaseIterable {
    case unexpectedEnd = "the document ends early"
    case unexpectedByte = "unexpected character"
    case trailingContent = "content after the document"
    case controlCharacter = "unescaped control character in a string"
    case invalidUTF8 = "a string is not valid UTF-8"
    case invalidEscape = "invalid escape in a string"
    case loneSurrogate = "a surrogate escape without its other half"
    case invalidNumber = "invalid number"
}

/// What is wrong with the wire format.
package enum ProtobufFault: String, Hashable, Sendable, CaseIterable {
    case unexpectedEnd = "the message ends early"
    case varintTooLong = "a number of more than 64 bits"
    case invalidField = "an invalid number of a field"
    case unknownWireType = "an unknown wire type"
    case wrongWireType = "a field of another wire type than expected"
    case invalidUTF8 = "text that is not UTF-8"
}

/// Which bound was passed.
package enum LimitFault: String, Hashable, Sendable, CaseIterable {
    case requests = "too many requests"
    case steps = "too many steps in a batch"
    case arguments = "too many arguments for a statement"
    case sql = "the SQL text is too long"
    case baton = "the baton is too long"
    case depth = "nested too deeply"
}

/// What is wrong with a message whose JSON is right.
package enum MessageFault: Hashable, Sendable, CustomStringConvertible {
    case expected(JSONKind)
    case missing(Member)
    case unknownRequestType
    case unknownValueType
    case unknownConditionType
    /// Neither or both of `sql` and `sql_id`.
    case sqlSource
    /// An integer value is a string of decimal digits that fits 64 bits.
    case invalidInteger
    /// A float beyond the range of a double.
    case floatOutOfRange
    case invalidBase64
    /// `sql_id` is a 32-bit integer.
    case invalidSQLID
    /// Numbers of requests, streams and cursors are 32-bit integers; one of entries has no sign.
    case invalidID
    /// A condition must refer to a step before its own.
    case invalidStep
    /// The request needs a later version of the protocol.
    case notInThisVersion
    /// Of a plain query: a member that it does not have.
    case unknownMember
    /// Of a plain query: neither or both of `sql` and `statements`.
    case querySource
    /// Of a plain query: an argument that is none of SQLite's values.
    case invalidArgument
    /// Of a plain query: a whole number beyond 64 bits.
    case integerOutOfRange

    package enum JSONKind: String, Hashable, Sendable, CaseIterable {
        case object = "an object"
        case array = "an array"
        case string = "a string"
        case number = "a number"
        case boolean = "true or false"
    }

    /// The members that a message cannot do without.
    package enum Member: String, Hashable, Sendable, CaseIterable {
        case requests, type, stmt, batch, steps, sql, name, value, base64, step, cond, conds, request, statements
        case sqlID = "sql_id"
        case requestID = "request_id"
        case streamID = "stream_id"
        case cursorID = "cursor_id"
        case maxCount = "max_count"
    }

    package var description: String {
        switch self {
        case .expected(let kind): "expected \(kind.rawValue)"
        case .missing(let member): "\"\(member.rawValue)\" is missing"
        case .unknownRequestType: "unknown type of request"
        case .unknownValueType: "unknown type of value"
        case .unknownConditionType: "unknown type of condition"
        case .sqlSource: "exactly one of \"sql\" and \"sql_id\" is needed"
        case .invalidInteger: "an integer is a string of decimal digits within 64 bits"
        case .floatOutOfRange: "a float is out of range"
        case .invalidBase64: "invalid base64"
        case .invalidSQLID: "\"sql_id\" is an integer within 32 bits"
        case .invalidID: "an id or a count is not an integer within 32 bits"
        case .invalidStep: "\"step\" must be the index of an earlier step"
        case .notInThisVersion: "not part of this version of the protocol"
        case .unknownMember: "unknown member"
        case .querySource: "exactly one of \"sql\" and \"statements\" is needed"
        case .invalidArgument: "an argument is null, a boolean, a number, a string, or {\"base64\": \"…\"}"
        case .integerOutOfRange: "an integer is out of the range of 64 bits"
        }
    }
}

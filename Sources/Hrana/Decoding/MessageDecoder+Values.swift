/// A member whose meaning depends on the value's type, which may come after it: where it is, and of what kind.
private enum Scalar {
    case absent
    case string(StringToken)
    case number(NumberToken)
    case other(at: Int)
}

extension MessageDecoder {
    /// Reads one value, in one pass whatever the order of its members.
    mutating func value() throws(HranaDecodingError) -> Value {
        try json.enterObject()
        let start = json.offset
        var isFirst = true
        var type: ShortName?
        var value = Scalar.absent
        var base64 = Scalar.absent
        while let member = try json.nextMember(&isFirst) {
            if member == .type {
                type = try typeName()
            } else if member == .value {
                value = try scalar()
            } else if member == .base64 {
                base64 = try scalar()
            } else {
                try json.skipValue()
            }
        }
        guard let type else { throw .message(.missing(.type), at: json.offset) }
        if type == ShortName("text") { return .text(json.text(try string(value, .value))) }
        if type == ShortName("integer") { return try integer(try string(value, .value)) }
        if type == ShortName("null") { return .null }
        if type == ShortName("float") { return try float(value) }
        if type == ShortName("blob") { return try blob(try string(base64, .base64)) }
        throw .message(.unknownValueType, at: start)
    }

    private mutating func scalar() throws(HranaDecodingError) -> Scalar {
        let byte = json.peek()
        if byte == UInt8(ascii: "\"") { return .string(try json.string()) }
        if byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10 { return .number(try json.number()) }
        let start = json.offset
        try json.skipValue()
        return .other(at: start)
    }

    private func string(_ scalar: Scalar, _ member: MessageFault.Member) throws(HranaDecodingError) -> StringToken {
        switch scalar {
        case .string(let token): return token
        case .number(let token): throw .message(.expected(.string), at: token.start)
        case .other(let at): throw .message(.expected(.string), at: at)
        case .absent: throw .message(.missing(member), at: json.offset)
        }
    }

    private func integer(_ token: StringToken) throws(HranaDecodingError) -> Value {
        guard let value = json.withBytes(token, DecimalInteger.parse) else {
            throw .message(.invalidInteger, at: token.start)
        }
        return .integer(value)
    }

    private func float(_ scalar: Scalar) throws(HranaDecodingError) -> Value {
        switch scalar {
        case .number(let token):
            guard let value = json.double(token) else { throw .message(.floatOutOfRange, at: token.start) }
            return .float(value)
        case .string(let token): throw .message(.expected(.number), at: token.start - 1)
        case .other(let at): throw .message(.expected(.number), at: at)
        case .absent: throw .message(.missing(.value), at: json.offset)
        }
    }

    private func blob(_ token: StringToken) throws(HranaDecodingError) -> Value {
        guard let bytes = json.withBytes(token, Base64Decoder.decode) else {
            throw .message(.invalidBase64, at: token.start)
        }
        return .blob(bytes)
    }
}

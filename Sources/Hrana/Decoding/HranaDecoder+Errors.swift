extension ShortName {
    fileprivate static var message: ShortName { ShortName("message") }
    fileprivate static var code: ShortName { ShortName("code") }
}

extension HranaDecoder {
    /// The error object that an answer has for a body; nil where it is none.
    package static func error(_ bytes: UnsafeRawBufferPointer) -> HranaError? {
        var decoder = MessageDecoder(bytes, HranaDecoder(version: .three))
        do throws(HranaDecodingError) { return try decoder.error() } catch { return nil }
    }
}

extension MessageDecoder {
    fileprivate mutating func error() throws(HranaDecodingError) -> HranaError? {
        try json.enterObject()
        var isFirst = true
        var message: String?
        var code: String?
        while let member = try json.nextMember(&isFirst) {
            if member == .message {
                message = try optionalText()
            } else if member == .code {
                code = try optionalText()
            } else {
                try json.skipValue()
            }
        }
        return message.map { HranaError($0, code: code) }
    }
}

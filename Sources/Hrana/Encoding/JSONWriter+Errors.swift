extension JSONWriter {
    /// The protocol's error object: inside results, and as the body of an expired stream or a failed v1 call.
    package mutating func error(_ error: HranaError) {
        bytes.append(#"{"message":"#)
        string(error.message)
        bytes.append(#","code":"#)
        stringOrNull(error.code)
        bytes.append(UInt8(ascii: "}"))
    }

    /// The body of a failure before the protocol: authorisation, an unknown tenant, overload. `error` repeats the message
    /// for clients that look there.
    package mutating func transportError(message: String, code: String) {
        bytes.append(#"{"message":"#)
        string(message)
        bytes.append(#","code":"#)
        string(code)
        bytes.append(#","error":"#)
        string(message)
        bytes.append(UInt8(ascii: "}"))
    }
}

extension JSONReader {
    /// Skips the value at `offset`, whatever it is, checking it as strictly as one that is read.
    ///
    /// Recursion is bounded by the reader's depth limit.
    mutating func skipValue() throws(HranaDecodingError) {
        switch peek() {
        case UInt8(ascii: "\""): _ = try string()
        case UInt8(ascii: "{"): try skipObject()
        case UInt8(ascii: "["): try skipArray()
        case UInt8(ascii: "t"): try literal("true")
        case UInt8(ascii: "f"): try literal("false")
        case UInt8(ascii: "n"): try literal("null")
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try number()
        default: throw unexpected()
        }
    }

    private mutating func skipObject() throws(HranaDecodingError) {
        try enter()
        var isFirst = true
        while try nextMember(&isFirst) != nil { try skipValue() }
    }

    private mutating func skipArray() throws(HranaDecodingError) {
        try enter()
        var isFirst = true
        while try nextElement(&isFirst) { try skipValue() }
    }
}

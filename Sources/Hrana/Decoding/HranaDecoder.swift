/// Decodes the JSON bodies of requests in one pass over their bytes.
///
/// Members may come in any order, unknown ones are skipped, of two with the same name the later counts, and `null` is as
/// good as absent where a member is optional. Nothing is kept of `bytes` after a call.
package struct HranaDecoder: Sendable {
    package let version: HranaVersion
    package let limits: HranaLimits

    package init(version: HranaVersion, limits: HranaLimits = HranaLimits()) {
        self.version = version
        self.limits = limits
    }

    /// The body of `POST v2/pipeline` or `v3/pipeline`.
    package func pipeline(_ bytes: UnsafeRawBufferPointer) throws(HranaDecodingError) -> PipelineRequest {
        var decoder = MessageDecoder(bytes, self)
        let request = try decoder.pipeline()
        try decoder.json.finish()
        return request
    }

    /// The body of `POST v3/cursor`.
    package func cursor(_ bytes: UnsafeRawBufferPointer) throws(HranaDecodingError) -> CursorRequest {
        var decoder = MessageDecoder(bytes, self)
        let request = try decoder.cursor()
        try decoder.json.finish()
        return request
    }

    /// The body of `POST v1/execute`: `{"stmt": …}`.
    package func execute(_ bytes: UnsafeRawBufferPointer) throws(HranaDecodingError) -> Statement {
        var decoder = MessageDecoder(bytes, self)
        let statement = try decoder.executeBody()
        try decoder.json.finish()
        return statement
    }

    /// The body of `POST v1/batch`: `{"batch": …}`.
    package func batch(_ bytes: UnsafeRawBufferPointer) throws(HranaDecodingError) -> Batch {
        var decoder = MessageDecoder(bytes, self)
        let batch = try decoder.batchBody()
        try decoder.json.finish()
        return batch
    }
}

/// One decoding: the reader and what to accept. Each method reads one message and leaves the reader after it.
struct MessageDecoder {
    var json: JSONReader
    let version: HranaVersion
    let limits: HranaLimits

    init(_ bytes: UnsafeRawBufferPointer, _ decoder: HranaDecoder) {
        json = JSONReader(bytes, maxDepth: decoder.limits.depth)
        version = decoder.version
        limits = decoder.limits
    }

    // MARK: Parts

    mutating func text() throws(HranaDecodingError) -> String {
        guard json.peek() == UInt8(ascii: "\"") else { throw json.mismatch(.string) }
        return json.text(try json.string())
    }

    mutating func optionalText() throws(HranaDecodingError) -> String? {
        if try json.null() { return nil }
        return try text()
    }

    /// A `type`, or `unknown` for one that no message uses.
    mutating func typeName() throws(HranaDecodingError) -> ShortName {
        guard json.peek() == UInt8(ascii: "\"") else { throw json.mismatch(.string) }
        return json.shortName(try json.string())
    }

    mutating func sqlText() throws(HranaDecodingError) -> String? {
        let start = json.offset
        guard let text = try optionalText() else { return nil }
        guard text.utf8.count <= limits.sqlBytes else { throw .limit(.sql, at: start) }
        return text
    }

    mutating func baton() throws(HranaDecodingError) -> String? {
        let start = json.offset
        guard let text = try optionalText() else { return nil }
        guard text.utf8.count <= limits.batonBytes else { throw .limit(.baton, at: start) }
        return text
    }

    mutating func sqlID() throws(HranaDecodingError) -> Int32? {
        if try json.null() { return nil }
        let start = json.offset
        guard version >= .two else { throw .message(.notInThisVersion, at: start) }
        guard let id = Int32(exactly: try integer(orElse: .invalidSQLID)) else {
            throw .message(.invalidSQLID, at: start)
        }
        return id
    }

    /// A JSON number without fraction and exponent.
    mutating func integer(orElse fault: MessageFault) throws(HranaDecodingError) -> Int64 {
        let start = json.offset
        let byte = json.peek()
        guard byte == UInt8(ascii: "-") || byte &- UInt8(ascii: "0") < 10 else { throw json.mismatch(.number) }
        guard let value = json.integer(try json.number()) else { throw .message(fault, at: start) }
        return value
    }

    /// The source of a statement's text, once all members of the object that ended before `offset` are known.
    func source(_ sql: String?, _ id: Int32?) throws(HranaDecodingError) -> SQLSource {
        switch (sql, id) {
        case (let sql?, nil): return .text(sql)
        case (nil, let id?): return .stored(id)
        default: throw .message(.sqlSource, at: json.offset)
        }
    }

    func require<T>(_ part: T?, _ member: MessageFault.Member) throws(HranaDecodingError) -> T {
        guard let part else { throw .message(.missing(member), at: json.offset) }
        return part
    }
}

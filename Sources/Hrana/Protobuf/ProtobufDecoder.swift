/// Decodes the Protocol Buffers form of requests (version 3 only), in one pass over their bytes.
///
/// Unknown fields are skipped. Of a field that may be there once the last counts, also where it is a message: the parts of
/// a message are not merged, since no client sends it in parts. Nothing is kept of `bytes` after a call.
package struct ProtobufDecoder: Sendable {
    package let limits: HranaLimits

    package init(limits: HranaLimits = HranaLimits()) { self.limits = limits }

    /// The body of `POST v3-protobuf/pipeline`.
    package func pipeline(_ bytes: UnsafeRawBufferPointer) throws(HranaDecodingError) -> PipelineRequest {
        var messages = ProtobufMessages(bytes, limits)
        return try messages.pipeline()
    }

    /// The body of `POST v3-protobuf/cursor`.
    package func cursor(_ bytes: UnsafeRawBufferPointer) throws(HranaDecodingError) -> CursorRequest {
        var messages = ProtobufMessages(bytes, limits)
        return try messages.cursor()
    }
}

/// One decoding. Methods without a parameter read the message that the reader is in to its end; those with a field go into
/// it first.
struct ProtobufMessages {
    var reader: ProtobufReader
    let limits: HranaLimits

    init(_ bytes: UnsafeRawBufferPointer, _ limits: HranaLimits) {
        reader = ProtobufReader(bytes, maxDepth: limits.depth)
        self.limits = limits
    }

    mutating func pipeline() throws(HranaDecodingError) -> PipelineRequest {
        var request = PipelineRequest(requests: [])
        while let field = try reader.nextField() {
            switch field.number {
            case 1: request.baton = try baton(field)
            case 2:
                guard request.requests.count < limits.requests else { throw .limit(.requests, at: field.offset) }
                request.requests.append(try streamRequest(field))
            default: try reader.skip(field)
            }
        }
        return request
    }

    mutating func cursor() throws(HranaDecodingError) -> CursorRequest {
        var baton: String?
        var batch: Batch?
        while let field = try reader.nextField() {
            switch field.number {
            case 1: baton = try self.baton(field)
            case 2: batch = try self.batch(field)
            default: try reader.skip(field)
            }
        }
        return CursorRequest(baton: baton, batch: try require(batch, .batch))
    }

    // MARK: Parts

    mutating func baton(_ field: ProtobufReader.Field) throws(HranaDecodingError) -> String {
        let text = try reader.text(field)
        guard text.utf8.count <= limits.batonBytes else { throw .limit(.baton, at: field.offset) }
        return text
    }

    mutating func sqlText(_ field: ProtobufReader.Field) throws(HranaDecodingError) -> String {
        let text = try reader.text(field)
        guard text.utf8.count <= limits.sqlBytes else { throw .limit(.sql, at: field.offset) }
        return text
    }

    /// `int32`, of which a negative one comes as 64 bits.
    mutating func int32(
        _ field: ProtobufReader.Field, orElse fault: MessageFault = .invalidSQLID
    ) throws(HranaDecodingError) -> Int32 {
        let value = Int64(bitPattern: try reader.unsigned(field))
        guard let id = Int32(exactly: value) else { throw .message(fault, at: field.offset) }
        return id
    }

    func source(_ sql: String?, _ id: Int32?) throws(HranaDecodingError) -> SQLSource {
        switch (sql, id) {
        case (let sql?, nil): return .text(sql)
        case (nil, let id?): return .stored(id)
        default: throw .message(.sqlSource, at: reader.offset)
        }
    }

    func require<T>(_ part: T?, _ member: MessageFault.Member) throws(HranaDecodingError) -> T {
        guard let part else { throw .message(.missing(member), at: reader.offset) }
        return part
    }
}

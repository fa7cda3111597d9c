/// One message of the answer to a `v3-protobuf/cursor`, for our own client.
package enum CursorMessage: Hashable, Sendable {
    /// Comes first. The baton names the stream for its next request; nil where it is closed.
    case head(baton: String?)
    case stepBegin(Int, columns: [String])
    /// A row of the step that began last.
    case row([Value])
    case stepEnd(affectedRows: Int64, lastInsertRowID: Int64?)
    /// Of a step that may or may not have begun.
    case stepError(Int, HranaError)
    /// Of the whole batch; the last message.
    case error(HranaError)
}

/// Takes a cursor's answer apart as its bytes come, in pieces of any size. Holds one message and one piece at most.
package struct CursorAnswerReader: Sendable {
    /// Of one message; the server bounds a row far below it.
    private static let largestMessage = 128 << 20
    private static let depth = 8

    private var bytes: [UInt8] = []
    private var offset = 0
    private var hasHead = false

    package init() {}

    /// Whether all that came has been taken: an answer that ends elsewhere was cut off.
    package var isAtEnd: Bool { offset == bytes.count && hasHead }

    package mutating func feed(_ piece: some Collection<UInt8>) {
        bytes.removeFirst(offset)
        offset = 0
        bytes.append(contentsOf: piece)
    }

    /// - Returns: nil where the next message has not come wholly.
    package mutating func next() throws(HranaDecodingError) -> CursorMessage? {
        guard let length = try length() else { return nil }
        let end = length.after + length.value
        guard end <= bytes.count else { return nil }
        let isHead = !hasHead
        let range = length.after..<end
        let result: Result<CursorMessage, HranaDecodingError> = bytes.withUnsafeBytes { all in
            do throws(HranaDecodingError) {
                return .success(try Self.message(UnsafeRawBufferPointer(rebasing: all[range]), isHead: isHead))
            } catch {
                return .failure(error)
            }
        }
        offset = end
        hasHead = true
        return try result.get()
    }

    /// The varint before a message, and where it ends; nil where it has not come wholly.
    private func length() throws(HranaDecodingError) -> (value: Int, after: Int)? {
        var value = 0
        var at = offset
        var shift = 0
        while at < bytes.count {
            guard shift < 35 else { throw .protobuf(.varintTooLong, at: offset) }
            value |= Int(bytes[at] & 0x7F) << shift
            at += 1
            if bytes[at - 1] & 0x80 == 0 {
                guard value <= Self.largestMessage else { throw .limit(.sql, at: offset) }
                return (value, at)
            }
            shift += 7
        }
        return nil
    }

    private static func message(
        _ bytes: UnsafeRawBufferPointer, isHead: Bool
    ) throws(HranaDecodingError) -> CursorMessage {
        var messages = ProtobufMessages(bytes, HranaLimits(depth: depth))
        return isHead ? .head(baton: try messages.cursorHead()) : try messages.cursorEntry()
    }
}

/// The answer's messages, as `ProtobufWriter` writes them.
extension ProtobufMessages {
    mutating func cursorHead() throws(HranaDecodingError) -> String? {
        var baton: String?
        while let field = try reader.nextField() {
            if field.number == 1 { baton = try reader.text(field) } else { try reader.skip(field) }
        }
        return baton
    }

    mutating func cursorEntry() throws(HranaDecodingError) -> CursorMessage {
        var entry: CursorMessage?
        while let field = try reader.nextField() {
            switch field.number {
            case 1: entry = try stepBegin(field)
            case 2: entry = try stepEnd(field)
            case 3: entry = try stepError(field)
            case 4: entry = .row(try row(field))
            case 5: entry = .error(try hranaError(field))
            default: try reader.skip(field)
            }
        }
        guard let entry else { throw .message(.unknownRequestType, at: reader.offset) }
        return entry
    }

    private mutating func stepBegin(_ outer: ProtobufReader.Field) throws(HranaDecodingError) -> CursorMessage {
        let end = try reader.enter(outer)
        var step: UInt64 = 0
        var columns: [String] = []
        while let field = try reader.nextField() {
            switch field.number {
            case 1: step = try reader.unsigned(field)
            case 2: columns.append(try column(field))
            default: try reader.skip(field)
            }
        }
        reader.leave(end)
        return .stepBegin(Int(clamping: step), columns: columns)
    }

    private mutating func column(_ outer: ProtobufReader.Field) throws(HranaDecodingError) -> String {
        let end = try reader.enter(outer)
        var name = ""
        while let field = try reader.nextField() {
            if field.number == 1 { name = try reader.text(field) } else { try reader.skip(field) }
        }
        reader.leave(end)
        return name
    }

    private mutating func row(_ outer: ProtobufReader.Field) throws(HranaDecodingError) -> [Value] {
        let end = try reader.enter(outer)
        var values: [Value] = []
        while let field = try reader.nextField() {
            if field.number == 1 { values.append(try value(field)) } else { try reader.skip(field) }
        }
        reader.leave(end)
        return values
    }

    private mutating func stepEnd(_ outer: ProtobufReader.Field) throws(HranaDecodingError) -> CursorMessage {
        let end = try reader.enter(outer)
        var affected: Int64 = 0
        var id: Int64?
        while let field = try reader.nextField() {
            switch field.number {
            case 1: affected = Int64(bitPattern: try reader.unsigned(field))
            case 2: id = try reader.zigzag(field)
            default: try reader.skip(field)
            }
        }
        reader.leave(end)
        return .stepEnd(affectedRows: affected, lastInsertRowID: id)
    }

    private mutating func stepError(_ outer: ProtobufReader.Field) throws(HranaDecodingError) -> CursorMessage {
        let end = try reader.enter(outer)
        var step: UInt64 = 0
        var error = HranaError("the statement failed", code: nil)
        while let field = try reader.nextField() {
            switch field.number {
            case 1: step = try reader.unsigned(field)
            case 2: error = try hranaError(field)
            default: try reader.skip(field)
            }
        }
        reader.leave(end)
        return .stepError(Int(clamping: step), error)
    }

    private mutating func hranaError(_ outer: ProtobufReader.Field) throws(HranaDecodingError) -> HranaError {
        let end = try reader.enter(outer)
        var error = HranaError("", code: nil)
        while let field = try reader.nextField() {
            switch field.number {
            case 1: error.message = try reader.text(field)
            case 2: error.code = try reader.text(field)
            default: try reader.skip(field)
            }
        }
        reader.leave(end)
        return error
    }
}

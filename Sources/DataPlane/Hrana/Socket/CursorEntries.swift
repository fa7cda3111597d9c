import NIOCore

/// A cursor's answer as it comes over HTTP, cut into entries as they are fetched on a WebSocket: lines of JSON, or messages
/// of Protocol Buffers with their lengths. Pure.
struct CursorEntries {
    enum Head: Equatable {
        case incomplete
        case baton(String?)
        case malformed
    }

    /// What one fetch gives.
    struct Portion: Equatable {
        /// As elements of an array, or as fields of a message.
        var bytes = ByteBuffer()
        var count = 0
        /// Bytes that they were before, without those that were told before.
        var taken = 0
    }

    private let encoding: AnswerEncoding
    private var bytes = ByteBuffer()
    /// Bytes at the front that hold no end of an entry.
    private var searched = 0
    /// Bytes at the front that count as taken already.
    private var told = 0

    init(_ encoding: AnswerEncoding) { self.encoding = encoding }

    var isEmpty: Bool { bytes.readableBytes == 0 }

    mutating func append(_ more: ByteBuffer) {
        if bytes.readableBytes == 0 {
            bytes = more
            searched = 0
        } else {
            bytes.discardReadBytes()
            bytes.writeImmutableBuffer(more)
        }
    }

    /// Drops what is there.
    ///
    /// - Returns: how much it was, without what was told before.
    mutating func removeAll() -> Int {
        defer { self = CursorEntries(encoding) }
        return bytes.readableBytes - told
    }

    /// Drops the beginning of an entry whose rest will not come.
    mutating func removePart() {
        var ahead = self
        while ahead.next() != nil {}
        bytes.moveWriterIndex(to: bytes.writerIndex - ahead.bytes.readableBytes)
        searched = min(searched, bytes.readableBytes)
        told = min(told, bytes.readableBytes)
    }

    /// Counts what is there of an entry that is not whole as taken: more of it may come only then.
    ///
    /// - Returns: how much that is more than before.
    mutating func takePart() -> Int {
        defer { told = bytes.readableBytes }
        return bytes.readableBytes - told
    }

    /// Takes the first entry, which names the stream's next request.
    mutating func takeHead() -> Head {
        guard let head = next() else { return bytes.readableBytes > 4096 ? .malformed : .incomplete }
        switch encoding {
        case .json:
            guard let text = head.getString(at: head.readerIndex, length: head.readableBytes) else { return .malformed }
            let prefix = #"{"baton":""#
            if text.hasPrefix(#"{"baton":null"#) { return .baton(nil) }
            guard text.hasPrefix(prefix), let end = text.dropFirst(prefix.count).firstIndex(of: "\"") else {
                return .malformed
            }
            return .baton(String(text[text.index(text.startIndex, offsetBy: prefix.count)..<end]))
        case .protobuf:
            // The baton is field 1 and comes first, where there is one.
            var head = head
            guard head.readableBytes > 0 else { return .baton(nil) }
            guard head.readInteger(as: UInt8.self) == 10, let length = head.readVarint(),
                let baton = head.readString(length: length)
            else { return .malformed }
            return .baton(baton)
        }
    }

    /// Takes up to so many whole entries.
    mutating func take(atMost count: Int, bytes limit: Int) -> Portion {
        var portion = Portion()
        let before = bytes.readableBytes
        while portion.count < count, portion.bytes.readableBytes < limit, let entry = next() {
            switch encoding {
            case .json:
                if portion.count > 0 { portion.bytes.writeInteger(UInt8(ascii: ",")) }
            case .protobuf:
                // Field 1 of the answer.
                portion.bytes.writeInteger(UInt8(10))
                portion.bytes.writeVarint(entry.readableBytes)
            }
            portion.bytes.writeImmutableBuffer(entry)
            portion.count += 1
        }
        let taken = before - bytes.readableBytes
        portion.taken = max(0, taken - told)
        told = max(0, told - taken)
        return portion
    }

    /// The next entry without what separates it from others.
    private mutating func next() -> ByteBuffer? {
        switch encoding {
        case .json:
            // Lines of JSON have no line feed in them.
            let rest = bytes.readableBytesView.dropFirst(searched)
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                searched = bytes.readableBytes
                return nil
            }
            searched = 0
            let line = bytes.readSlice(length: end - bytes.readerIndex)
            bytes.moveReaderIndex(forwardBy: 1)
            return line
        case .protobuf:
            var ahead = bytes
            guard let length = ahead.readVarint(), let message = ahead.readSlice(length: length) else { return nil }
            bytes = ahead
            return message
        }
    }
}

extension ByteBuffer {
    /// A length as Protocol Buffers write it; nil if it is not all there.
    fileprivate mutating func readVarint() -> Int? {
        var value = 0
        var shift = 0
        var ahead = self
        while shift < 63, let byte = ahead.readInteger(as: UInt8.self) {
            value |= Int(byte & 0x7F) << shift
            guard byte & 0x80 != 0 else {
                self = ahead
                return value
            }
            shift += 7
        }
        return nil
    }

    fileprivate mutating func writeVarint(_ value: Int) {
        var rest = UInt64(value)
        while rest >= 0x80 {
            writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        writeInteger(UInt8(rest))
    }
}

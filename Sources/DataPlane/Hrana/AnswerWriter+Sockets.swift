import Hrana
import NIOCore

/// Messages of the server on a WebSocket, each a whole one.
extension AnswerWriter {
    mutating func helloOK() { if encoding == .json { json.helloOK() } else { protobuf.helloOK() } }

    mutating func helloError(_ error: HranaError) {
        if encoding == .json { json.helloError(error) } else { protobuf.helloError(error) }
    }

    mutating func socketOK(_ id: Int32, _ kind: SocketRequestKind) {
        if encoding == .json {
            json.emptySocketResult(id, of: kind)
        } else {
            protobuf.emptySocketResult(id, of: kind)
        }
    }

    mutating func socketError(_ id: Int32, _ error: HranaError) {
        if encoding == .json { json.socketError(id, error) } else { protobuf.socketError(id, error) }
    }

    /// What a pipeline has answered to a request, put into the frame of a WebSocket's answer.
    mutating func socketAnswer(
        _ id: Int32, _ kind: SocketRequestKind, _ content: UnsafeRawBufferPointer, isError: Bool
    ) {
        switch (encoding, isError) {
        case (.json, false): json.socketResponse(id, content)
        case (.json, true): json.socketError(id, content)
        case (.protobuf, false): protobuf.socketResponse(id, of: kind, content)
        case (.protobuf, true): protobuf.socketError(id, content)
        }
    }

    mutating func socketEntries(_ id: Int32, _ entries: ByteBuffer, isDone: Bool) {
        if encoding == .json { json.startFetchedEntries(id) } else { protobuf.startFetchedEntries(id) }
        entries.withUnsafeReadableBytes { bytes.append($0) }
        if encoding == .json {
            json.finishFetchedEntries(isDone: isDone)
        } else {
            protobuf.finishFetchedEntries(isDone: isDone)
        }
    }

    /// As a message, with room in front for its frame's head.
    consuming func message() -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: bytes.count + Self.frameHead)
        buffer.moveWriterIndex(to: Self.frameHead)
        buffer.moveReaderIndex(to: Self.frameHead)
        buffer.writeBytes(bytes.bytes)
        return buffer
    }

    private static let frameHead = 14
}

import NIOCore
import NIOHTTP1

/// How the owner is told where the body of a relayed request ends.
enum RelayFraming: Equatable {
    /// All of it goes with the head.
    case whole(length: Int)
    /// An upload, sent on while it comes in, once the owner has asked for it. `nil`: in chunks.
    case upload(length: Int?)

    init(_ request: DoorRequest) {
        if let upload = request.upload {
            self = .upload(length: upload.length)
        } else {
            self = .whole(length: request.body.readableBytes)
        }
    }

    var isWhole: Bool { if case .whole = self { true } else { false } }

    func write(for method: HTTPMethod, into buffer: inout ByteBuffer) {
        switch self {
        case .whole(let length):
            guard length > 0 || method != .GET && method != .HEAD else { return }
            buffer.writeString("content-length: \(length)\r\n")
        case .upload(.some(0)): buffer.writeStaticString("content-length: 0\r\n")
        case .upload(let length?): buffer.writeString("content-length: \(length)\r\nexpect: 100-continue\r\n")
        case .upload(nil): buffer.writeStaticString("transfer-encoding: chunked\r\nexpect: 100-continue\r\n")
        }
    }

    /// A part of an upload as it goes over the wire.
    func frame(_ portion: DoorUpload.Portion) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: portion.byteCount + 32)
        let isChunked = self == .upload(length: nil)
        if isChunked, portion.byteCount > 0 {
            buffer.writeString(String(portion.byteCount, radix: 16) + "\r\n")
        }
        for chunk in portion.chunks { buffer.writeImmutableBuffer(chunk) }
        if isChunked, portion.byteCount > 0 { buffer.writeStaticString("\r\n") }
        if isChunked, portion.isLast { buffer.writeStaticString("0\r\n\r\n") }
        return buffer
    }
}

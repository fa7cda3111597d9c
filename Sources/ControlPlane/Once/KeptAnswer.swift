import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// An answer as it is kept to be given again: status, place of what was made, body.
struct KeptAnswer {
    let status: Int
    private let location: String
    private let body: [UInt8]

    init(_ response: Response) async throws {
        status = response.status.code
        location = response.headers[.location] ?? ""
        let collected = CollectingWriter()
        try await response.body.write(collected)
        body = collected.bytes
    }

    /// Reads what `bytes` gave.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 4 else { return nil }
        let length = Int(bytes[2]) << 8 | Int(bytes[3])
        guard bytes.count >= 4 + length else { return nil }
        status = Int(bytes[0]) << 8 | Int(bytes[1])
        location = String(decoding: bytes[4..<(4 + length)], as: UTF8.self)
        body = Array(bytes[(4 + length)...])
    }

    /// Status and length of the location, two bytes each, most significant first; then location and body.
    var bytes: [UInt8] {
        let place = Array(location.utf8.prefix(4096))
        let head = [status, place.count].flatMap { [UInt8($0 >> 8 & 0xFF), UInt8($0 & 0xFF)] }
        return head + place + body
    }

    var response: Response {
        var headers: HTTPFields = [:]
        if !body.isEmpty { headers[.contentType] = "application/json" }
        if !location.isEmpty { headers[.location] = location }
        return Response(
            status: HTTPResponse.Status(code: status), headers: headers,
            body: body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

/// Takes a body that is in memory already.
private final class CollectingWriter: ResponseBodyWriter {
    private(set) var bytes: [UInt8] = []

    func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytesView }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}

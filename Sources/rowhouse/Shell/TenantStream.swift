import AsyncHTTPClient
import Hrana
import NIOCore
import Terminal

/// A stream on a tenant: statements one after the other on one connection, in one transaction where they begin one.
///
/// Belongs to one task. Each call uses the baton that the one before it brought.
final class TenantStream: @unchecked Sendable {
    // @unchecked: handed to a child task which is waited for; nobody else uses it meanwhile.
    private let client: RemoteClient
    private let key: String
    private var baton: String?

    init(_ client: RemoteClient, key: String) {
        self.client = client
        self.key = key
    }

    /// Runs a batch. The answer is to be read to its end or let go before the next call.
    ///
    /// - Throws: `CommandFailure`, of code `STREAM_EXPIRED` where the server has ended the stream with what was open in it;
    ///   `CancellationError`. The stream is forgotten then, and the next call begins another.
    func run(_ batch: Batch) async throws -> TenantCursor {
        var writer = ProtobufWriter()
        writer.cursorRequest(CursorRequest(baton: baton, batch: batch))
        baton = nil
        let body = ByteBuffer(bytes: writer.bytes.bytes)
        let answer = try await client.stream(path("cursor"), body: body, type: "application/x-protobuf")
        var cursor = TenantCursor(answer.body, client)
        baton = try await cursor.head()
        return cursor
    }

    /// Whether no transaction is open on it.
    func isAutocommit() async throws -> Bool {
        guard baton != nil else { return true }
        let answer = try await pipeline(["get_autocommit"])
        baton = answer["baton"]?.string
        let isAutocommit = answer["results"]?.array?.first?["response"]?["is_autocommit"]
        return isAutocommit != .bool(false)
    }

    /// Ends it, and with it a transaction that is open. Where that does not succeed the server ends it a little later.
    func close() async {
        guard baton != nil else { return }
        _ = try? await pipeline(["close"])
        baton = nil
    }

    private func pipeline(_ requests: [String]) async throws -> JSONValue {
        let body: JSONValue = .object([
            "baton": baton.map { .string($0) } ?? .null,
            "requests": .array(requests.map { .object(["type": .string($0)]) }),
        ])
        baton = nil
        return try await client.call(.post, RequestPath.build(["t", key, "v3", "pipeline"]), body: body)
    }

    private func path(_ call: String) -> String { RequestPath.build(["t", key, "v3-protobuf", call]) }
}

/// A batch's answer as it comes.
struct TenantCursor {
    private var pieces: HTTPClientResponse.Body.AsyncIterator
    private var reader = CursorAnswerReader()
    private let client: RemoteClient

    init(_ body: HTTPClientResponse.Body, _ client: RemoteClient) {
        pieces = body.makeAsyncIterator()
        self.client = client
    }

    /// - Returns: nil at the end.
    /// - Throws: `CommandFailure` where the answer is cut off or is none; `CancellationError`.
    mutating func next() async throws -> CursorMessage? {
        while true {
            if let message = try decoded() { return message }
            let piece: ByteBuffer?
            do {
                piece = try await pieces.next(isolation: #isolation)
            } catch {
                try Task.checkCancellation()
                throw client.brokenOff()
            }
            guard let piece else {
                try Task.checkCancellation()
                guard reader.isAtEnd else { throw client.brokenOff() }
                return nil
            }
            reader.feed(piece.readableBytesView)
        }
    }

    /// - Returns: the stream's baton.
    mutating func head() async throws -> String? {
        guard case .head(let baton)? = try await next() else { throw notACursor() }
        return baton
    }

    private mutating func decoded() throws -> CursorMessage? {
        do throws(HranaDecodingError) { return try reader.next() } catch { throw notACursor() }
    }

    private func notACursor() -> CommandFailure {
        CommandFailure(.unreachable, "the answer is not that of a Hrana cursor", advice: "check --url")
    }
}

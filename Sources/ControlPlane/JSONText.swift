import Contract
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationCompat

/// JSON as the control plane reads and writes it.
enum JSONText {
    static func encode(_ value: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        // Sorted: the same object is the same text each time.
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return ByteBuffer(bytes: try encoder.encode(value))
    }

    static func response(_ status: HTTPResponse.Status, _ value: some Encodable, headers: HTTPFields = [:]) throws
        -> Response
    {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: try encode(value)))
    }

    /// - Throws: `APIError` bad_request that says where the text is wrong; also for members that nobody reads.
    static func decode<Value: RequestBody>(_ type: Value.Type, from request: Request) async throws -> Value {
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: 1 << 20)
        } catch {
            throw APIError(.bodyTooLarge, "a body here has at most 1 MiB")
        }
        let bytes = buffer.readableBytes == 0 ? ByteBuffer(string: "{}") : buffer
        do {
            return try JSONDecoder().decode(StrictBody<Value>.self, from: Data(bytes.readableBytesView)).value
        } catch let error as APIError {
            throw error
        } catch let error as DecodingError {
            throw APIError.badRequest(explain(error))
        } catch {
            throw APIError.badRequest("the body is no JSON")
        }
    }

    private static func explain(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): "the body lacks \"\(key.stringValue)\""
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(place(context)) has the wrong type"
        case .dataCorrupted(let context):
            context.codingPath.isEmpty ? "the body is no JSON" : "\(place(context)) cannot be read"
        @unknown default: "the body cannot be read"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        context.codingPath.isEmpty
            ? "the body" : "\"" + context.codingPath.map(\.stringValue).joined(separator: ".") + "\""
    }
}

/// The body of a request: an object whose members are all known.
protocol RequestBody: Decodable {
    associatedtype CodingKeys: CodingKey & CaseIterable
    /// As the document says it; its members are those of `CodingKeys`.
    static var schema: Schema { get }
}

/// A misspelt member would otherwise be as good as none.
private struct StrictBody<Value: RequestBody>: Decodable {
    let value: Value

    init(from decoder: any Decoder) throws {
        let known = Value.CodingKeys.allCases.map(\.stringValue)
        let members = try decoder.container(keyedBy: AnyMember.self).allKeys.map(\.stringValue)
        if let unknown = members.sorted().first(where: { !known.contains($0) }) {
            throw APIError.badRequest("unknown member \"\(unknown)\"; known are \(known.joined(separator: ", "))")
        }
        value = try Value(from: decoder)
    }
}

private struct AnyMember: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

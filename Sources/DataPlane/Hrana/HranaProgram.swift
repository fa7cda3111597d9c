import Hrana
import NIOCore

/// A request's body, decoded.
enum HranaProgram: Sendable {
    case pipeline(PipelineRequest)
    case cursor(CursorRequest)
    /// Version 1 runs one request on a stream for it alone.
    case version1(StreamRequest)
    case query(QueryRequest)

    /// - Throws: `HranaDecodingError`, with the place in the body.
    init(_ endpoint: HranaEndpoint, _ body: ByteBuffer, _ limits: HranaLimits) throws(HranaDecodingError) {
        let outcome: Result<HranaProgram, HranaDecodingError> = body.withUnsafeReadableBytes { bytes in
            do throws(HranaDecodingError) {
                return .success(try Self.decode(endpoint, bytes, limits))
            } catch {
                return .failure(error)
            }
        }
        self = try outcome.get()
    }

    private static func decode(
        _ endpoint: HranaEndpoint, _ bytes: UnsafeRawBufferPointer, _ limits: HranaLimits
    ) throws(HranaDecodingError) -> HranaProgram {
        switch endpoint {
        case .pipeline(_, .protobuf): return .pipeline(try ProtobufDecoder(limits: limits).pipeline(bytes))
        case .cursor(.protobuf): return .cursor(try ProtobufDecoder(limits: limits).cursor(bytes))
        case .pipeline(let version, .json):
            return .pipeline(try HranaDecoder(version: version, limits: limits).pipeline(bytes))
        case .cursor(.json): return .cursor(try HranaDecoder(version: .three, limits: limits).cursor(bytes))
        case .execute: return .version1(.execute(try HranaDecoder(version: .one, limits: limits).execute(bytes)))
        case .batch: return .version1(.batch(try HranaDecoder(version: .one, limits: limits).batch(bytes)))
        case .query: return .query(try HranaDecoder(version: .three, limits: limits).query(bytes))
        case .snapshot, .upload, .replica, .stats, .socket, .probe, .preflight, .wrongMethod, .unknown:
            preconditionFailure("these have no program")
        }
    }

    var baton: String? {
        switch self {
        case .pipeline(let request): request.baton
        case .cursor(let request): request.baton
        case .version1, .query: nil
        }
    }
}

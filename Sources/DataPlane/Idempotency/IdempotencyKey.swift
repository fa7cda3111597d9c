import Crypto
import Lanes
import NIOCore

/// A caller's name for one request, under which it is done at most once.
package struct IdempotencyKey: Sendable {
    /// Bytes of a key, as UTF-8.
    static let bytes = 1...128
    /// Bytes of a body whose hash would hold up a lane.
    private static let largeBody = 1 << 20

    let key: String
    private let endpoint: HranaEndpoint
    private let body: ByteBuffer
    /// What is held with the request is a part of it.
    private let claims: [[UInt8]]
    private var known: [UInt8]?

    init(_ key: String, of endpoint: HranaEndpoint, body: ByteBuffer, claims: [[UInt8]] = []) {
        self.claims = claims
        self.key = key
        self.endpoint = endpoint
        self.body = body
    }

    /// SHA-256 of the request: another one under the same key is a mistake.
    ///
    /// Of megabytes, perhaps: to be asked for on the tenant's thread.
    mutating func digest() -> [UInt8] {
        if let known { return known }
        if body.readableBytes > Self.largeBody { _ = Lane.stepAside() }
        var hash = SHA256()
        // The answer has the call's form, so that the call is a part of the request. Of queries it never was.
        if endpoint != .query { hash.update(data: Array("\(endpoint.answerForm)\n".utf8)) }
        // In whatever order they came; their number, so that none is taken for a part of the body.
        for claim in claims.sorted(by: { $0.lexicographicallyPrecedes($1) }) { hash.update(data: claim) }
        if !claims.isEmpty { hash.update(data: [UInt8(claims.count)]) }
        body.withUnsafeReadableBytes { hash.update(bufferPointer: $0) }
        let made = Array(hash.finalize())
        known = made
        return made
    }
}

extension HranaEndpoint {
    fileprivate var answerForm: String {
        switch self {
        case .execute: "v1/execute"
        case .batch: "v1/batch"
        case .pipeline(_, .protobuf): "v3-protobuf/pipeline"
        default: "pipeline"
        }
    }
}

import Crypto
import FoundationEssentials
import Seams
import Vocabulary

/// What a signed node-to-node request consists of, as far as the signature covers it.
package struct SignedRequest: Sendable {
    package enum Body: Equatable, Sendable {
        /// SHA-256, 32 bytes.
        case sha256([UInt8])
        /// Relayed while it comes in, so that no hash is known yet. The endpoint says whether it takes that.
        case streamed

        package static func of(_ bytes: [UInt8]) -> Body { .sha256(Digests.sha256(bytes)) }
    }

    package let method: String
    /// With the query, exactly as sent.
    package let path: String
    package let body: Body
    /// Whatever else must not be changed on the way: internal headers, in an order that both sides know.
    package let context: [String]

    package init(method: String, path: String, body: Body, context: [String] = []) {
        self.method = method
        self.path = path
        self.body = body
        self.context = context
    }
}

/// The value of the header that proves a request to come from a node of the cluster:
/// `1.<milliseconds since 1970>.<nonce, 16 hexadecimal digits>.<HMAC-SHA256, base64url>`.
struct RequestSignature {
    static let maximumBytes = 128

    let time: Int64
    let nonce: UInt64
    let code: [UInt8]

    init(time: Int64, nonce: UInt64, code: [UInt8]) {
        self.time = time
        self.nonce = nonce
        self.code = code
    }

    init?(_ text: String) {
        guard text.utf8.count <= Self.maximumBytes else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "1", let time = Int64(parts[1]), parts[2].utf8.count == 16,
            let nonce = UInt64(parts[2], radix: 16), let code = Base64URL.decode(parts[3].utf8), code.count == 32
        else { return nil }
        self.init(time: time, nonce: nonce, code: code)
    }

    var text: String {
        let digits = String(nonce, radix: 16)
        let padded = String(repeating: "0", count: 16 - digits.utf8.count) + digits
        return "1.\(time).\(padded).\(Base64URL.encode(code))"
    }

    /// Every field goes in with its length, so that no two requests have the same bytes.
    ///
    /// - Parameter prepared: the key's state, to be copied.
    static func code(for request: SignedRequest, time: Int64, nonce: UInt64, prepared: HMAC<SHA256>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        func add(_ field: some Collection<UInt8>) {
            withUnsafeBytes(of: UInt32(field.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: field)
        }
        add(request.method.utf8)
        add(request.path.utf8)
        switch request.body {
        case .sha256(let digest): add(digest)
        case .streamed: add("streamed".utf8)
        }
        withUnsafeBytes(of: time.littleEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: nonce.littleEndian) { bytes.append(contentsOf: $0) }
        for value in request.context { add(value.utf8) }
        var hmac = prepared
        hmac.update(data: bytes)
        return Array(hmac.finalize())
    }
}

/// Reads Ed25519 keys from text: PEM (RFC 7468, RFC 8410) or plain base64. Only this one algorithm is known, and its DER
/// forms have fixed beginnings, so they are compared rather than parsed.
enum KeyText {
    /// SubjectPublicKeyInfo of an Ed25519 key, up to the 32 bytes of the key.
    private static let publicPrefix: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
    /// After the outer length: version 0 or 1, the algorithm, and the two nested strings that hold the 32 bytes.
    private static let privatePrefix: [UInt8] = [0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]

    /// One or more public keys, 32 bytes each.
    static func publicKeys(_ text: String) throws(AccessSetupError) -> [[UInt8]] {
        let blocks = try blocks(of: text, label: "PUBLIC KEY")
        if blocks.isEmpty { return [try plain(text)] }
        var keys: [[UInt8]] = []
        for der in blocks {
            guard der.count == 44, der.starts(with: publicPrefix) else { throw .badKey }
            keys.append(Array(der.suffix(32)))
        }
        return keys
    }

    /// One private key: the 32 bytes of its seed.
    static func privateKey(_ text: String) throws(AccessSetupError) -> [UInt8] {
        let blocks = try blocks(of: text, label: "PRIVATE KEY")
        if blocks.isEmpty { return try plain(text) }
        guard blocks.count == 1, let der = blocks.first, der.count >= 48, der[0] == 0x30, der[1] == der.count - 2,
            der[2...].starts(with: [0x02, 0x01]), der[4] <= 1, der[5...].starts(with: privatePrefix)
        else { throw .badKey }
        return Array(der[16..<48])
    }

    private static func plain(_ text: String) throws(AccessSetupError) -> [UInt8] {
        guard let bytes = Base64URL.decodeLeniently(text.utf8.filter { !isSpace($0) }), bytes.count == 32 else {
            throw .badKey
        }
        return bytes
    }

    /// The DER of each PEM block with that label; text around the blocks is left out, other labels are refused.
    private static func blocks(of text: String, label: String) throws(AccessSetupError) -> [[UInt8]] {
        var blocks: [[UInt8]] = []
        var body: [UInt8]?
        for line in text.utf8.split(whereSeparator: { $0 == 10 || $0 == 13 }) {
            let content = String(decoding: line, as: UTF8.self)
            if content.hasPrefix("-----BEGIN ") {
                guard body == nil, content.hasPrefix("-----BEGIN \(label)-----") else { throw .badKey }
                body = []
            } else if content.hasPrefix("-----END ") {
                guard let text = body, let der = Base64URL.decodeLeniently(text) else { throw .badKey }
                blocks.append(der)
                body = nil
            } else {
                body?.append(contentsOf: line.filter { !isSpace($0) })
            }
        }
        guard body == nil else { throw .badKey }
        return blocks
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
}

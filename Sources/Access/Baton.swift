package import Vocabulary

/// Names a stream's next request. It is bound to the tenant and to the principal that it was given to, so that it is
/// worth nothing under another name.
package struct Baton: Hashable, Sendable {
    package var stream: UInt64
    /// Grows with every request of the stream; an older one is "already used".
    package var sequence: UInt64
    package var tenant: TenantID
    /// `Principal.number`.
    package var principal: UInt64
    /// No transaction, no temporary objects, no session pragma: any node that owns the tenant may reopen the stream.
    package var isClean: Bool
    /// The process that holds the stream, where it is not clean.
    package var incarnation: UInt64

    package init(
        stream: UInt64, sequence: UInt64, tenant: TenantID, principal: UInt64, isClean: Bool, incarnation: UInt64
    ) {
        self.stream = stream
        self.sequence = sequence
        self.tenant = tenant
        self.principal = principal
        self.isClean = isClean
        self.incarnation = incarnation
    }

    /// The format's number; readers refuse others.
    private static let format: UInt8 = 1
    private static let byteCount = 42

    /// 78 characters: format (1), flags (1), then stream, sequence, tenant, principal and incarnation, 8 bytes each,
    /// little endian; the seal's code after them.
    package func sealed(by seal: BatonSeal) -> String {
        var bytes: [UInt8] = [Self.format, isClean ? 1 : 0]
        bytes.reserveCapacity(Self.byteCount + BatonSeal.codeBytes)
        for field in [stream, sequence, tenant.rawValue, principal, incarnation] {
            withUnsafeBytes(of: field.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return seal.seal(bytes)
    }

    /// - Returns: nil for what was not sealed with this key. Whether it is the right tenant's and principal's is for the
    ///   caller to compare.
    package init?(_ text: String, openedBy seal: BatonSeal) {
        guard let bytes = seal.open(text), bytes.count == Self.byteCount, bytes[0] == Self.format, bytes[1] <= 1 else {
            return nil
        }
        func field(_ index: Int) -> UInt64 {
            bytes.withUnsafeBytes {
                UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 2 + index * 8, as: UInt64.self))
            }
        }
        self.init(
            stream: field(0), sequence: field(1), tenant: TenantID(field(2)), principal: field(3),
            isClean: bytes[1] == 1, incarnation: field(4))
    }
}

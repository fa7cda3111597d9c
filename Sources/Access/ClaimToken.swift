import FoundationEssentials
package import Vocabulary

/// The token of a claim: who has it may write under the claim, confirm and release it. Only its SHA-256 is stored.
///
/// It says itself when its reservation ends, so that a node that has forgotten all of it still refuses it long after. Whether it
/// was ever given `ClaimSeal` tells.
package struct ClaimToken: Equatable, Sendable {
    static let prefix = "rh_claim_"
    /// Eight of the time, the name's, the code's.
    private static let bytes = 8 + nameBytes + codeBytes
    static let nameBytes = 8
    static let codeBytes = 16
    /// Milliseconds by which a write may be later than the reservation's end, by the clock of the node that it comes to. Until
    /// then the tenant itself knows what it refuses.
    package static let grace: Int64 = 3_600_000

    package let digest: [UInt8]
    package let expires: WallTime
    /// What the code is over, with the tenant.
    let body: [UInt8]
    let code: [UInt8]

    /// - Returns: nil for what does not look like one.
    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix(Self.prefix), text.utf8.count == Self.prefix.utf8.count + 43,
            let raw = Base64URL.decode(text.utf8.dropFirst(Self.prefix.utf8.count)), raw.count == Self.bytes
        else { return nil }
        let time = raw.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        digest = Digests.sha256(Array(text.utf8))
        expires = WallTime(milliseconds: Int64(bitPattern: time))
        body = Array(raw.dropLast(Self.codeBytes))
        code = Array(raw.suffix(Self.codeBytes))
    }

    /// Whether no write may carry it any more, whatever its tenant knows.
    package func isLongOver(at now: WallTime) -> Bool {
        now.milliseconds >= Self.grace && now.milliseconds - Self.grace > expires.milliseconds
    }
}

import Vocabulary

/// Numbers that tenant tokens are held to.
enum TokenRules {
    /// Longer tokens are refused unread.
    static let maximumBytes = 8192
    /// Milliseconds that clocks of issuer and node may differ by, as libSQL's servers grant.
    static let leeway: Int64 = 60_000
    /// Bytes of randomness in a token's id, behind the tenant's eight.
    static let idBytes = 16

    /// JSON's number of seconds as a time; nil for what no clock shows.
    static func time(seconds: Double) -> WallTime? {
        guard seconds >= 0, seconds < 1e12 else { return nil }
        return WallTime(milliseconds: Int64(seconds) * 1000)
    }
}

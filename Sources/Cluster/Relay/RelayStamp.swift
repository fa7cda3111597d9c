package import Access
package import Routing
import Vocabulary

/// What a relayed request says besides what its client said: which tenant, in the sender's belief, and on whose behalf.
///
/// The sender has verified the client's token; the cluster's signature covers these values, so the owner need not verify the
/// token again, and never sees it.
package struct RelayStamp: Equatable, Sendable {
    package var request: RequestStamp
    package var authority: Authority

    package init(request: RequestStamp, authority: Authority) {
        self.request = request
        self.authority = authority
    }

    /// The values of the internal headers, in the order in which the signature covers them:
    /// `<tenant, 16 hexadecimal digits>.<epoch, hexadecimal>.<key, base64url>` and
    /// `<principal, 16 hexadecimal digits>.<level: 1 read, 2 write, 3 ddl>`.
    package var texts: (stamp: String, authority: String) {
        let key = Base64URL.encode(Array(request.key.string.utf8))
        let epoch = String(request.epoch.rawValue, radix: 16)
        return (
            "\(request.tenant).\(epoch).\(key)",
            "\(TenantID(authority.principal)).\(authority.level.rawValue)"
        )
    }

    /// Reads what `texts` wrote; nil for anything else.
    package init?(stamp: String, authority: String) {
        let parts = stamp.split(separator: ".", omittingEmptySubsequences: false)
        let rights = authority.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, rights.count == 2,
            let tenant = TenantID(hex: parts[0]), !tenant.isReserved,
            let epoch = UInt64(parts[1], radix: 16),
            let bytes = Base64URL.decode(parts[2].utf8), let text = String(validating: bytes, as: UTF8.self),
            let key = try? TenantKey(text),
            let principal = TenantID(hex: rights[0]), let number = UInt8(rights[1]),
            let level = AccessLevel(rawValue: number)
        else { return nil }
        self.init(
            request: RequestStamp(tenant: tenant, key: key, epoch: Epoch(epoch)),
            authority: Authority(principal: principal.rawValue, level: level))
    }
}

import Testing

@testable import Access

@Suite struct OriginRuleTests {
    static func refusal(
        host: String? = "localhost:8080", origin: String? = nil, site: String? = nil, forwarded: Bool = false,
        domain: String? = nil, allowed: [String] = [], credentials: Bool = false
    ) -> OriginRefusal? {
        do throws(AccessError) {
            try OriginRule.evaluate(
                host: host, origin: origin, secFetchSite: site, isForwarded: forwarded, domain: domain,
                allowedOrigins: CORSRule(origins: allowed), credentialsConfigured: credentials)
            return nil
        } catch .originRefused(let reason) {
            return reason
        } catch {
            Issue.record("another error: \(error)")
            return nil
        }
    }

    @Test(arguments: [
        "localhost", "localhost:8080", "LocalHost:1", "127.0.0.1", "127.0.0.1:8080", "127.255.1.9", "[::1]",
        "[::1]:8080",
        "localhost:",
    ])
    func `hosts of this machine are answered`(host: String) {
        #expect(Self.refusal(host: host) == nil)
    }

    @Test(arguments: [
        "", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.1", "128.0.0.1", "127.0.0.256",
        "127.0.0.1.", "127.0.0.0001", "127.0.0", "127..0.1", "0127.0.0.1", "[::2]", "::1", "[::1", "[::1]x",
        "localhost:80a",
        "localhost:123456", "localhost.", "localhost:80:80", "[localhost]", "[127.0.0.1]", "2130706433", "0.0.0.0",
        "10.0.0.5:8080",
    ])
    func `other hosts are refused, rebound names first of all`(host: String) {
        #expect(Self.refusal(host: host) == .host)
    }

    @Test func `a request without a host is refused`() { #expect(Self.refusal(host: nil) == .host) }

    @Test func `hosts under the domain are answered`() {
        #expect(Self.refusal(host: "acme.db.test:8080", domain: "db.test") == nil)
        #expect(Self.refusal(host: "db.test", domain: "db.test") == nil)
        #expect(Self.refusal(host: "xdb.test", domain: "db.test") == .host)
        #expect(Self.refusal(host: "db.test.evil", domain: "db.test") == .host)
        #expect(Self.refusal(host: "[db.test]", domain: "db.test") == .host)
    }

    @Test func `pages of origins that are not listed are refused`() {
        let app = "http://localhost:3000"
        #expect(Self.refusal(origin: app) == .origin)
        #expect(Self.refusal(origin: "null") == .origin)
        #expect(Self.refusal(origin: "null", allowed: ["null"]) == .origin)
        #expect(Self.refusal(origin: app, allowed: ["*"]) == .origin)
        #expect(Self.refusal(origin: app + ", " + app, allowed: [app]) == .origin)
        #expect(Self.refusal(origin: app, allowed: [app]) == nil)
        #expect(Self.refusal(origin: app, site: "cross-site", allowed: [app]) == nil)
        #expect(Self.refusal(site: "cross-site", allowed: [app]) == .crossSite)
        #expect(Self.refusal(site: "same-origin") == nil)
        #expect(Self.refusal(site: "none") == nil)
    }

    @Test func `requests that a proxy passed on are refused`() {
        #expect(Self.refusal(forwarded: true) == .forwarded)
        for name in ["forwarded", "x-forwarded-for", "x-forwarded-host"] { #expect(OriginRule.tellsOfProxy(name)) }
        #expect(!OriginRule.tellsOfProxy("x-request-id"))
    }

    @Test func `with credentials the token decides`() {
        #expect(Self.refusal(host: "db.example", origin: "https://x", forwarded: true, credentials: true) == nil)
    }

    @Test func `without credentials the server listens on loopback only`() {
        for address in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "::1", "127.0.0.1"] {
            #expect(ListenRule.check(address, credentialsConfigured: false) == nil)
        }
        for address in ["0.0.0.0:8080", ":8080", "[::]:8080", "10.0.0.5:8080", "db.example:80", "", "*:8080"] {
            let refusal = ListenRule.check(address, credentialsConfigured: false)
            #expect(refusal == ListenRule.Refusal(address: address))
            #expect(ListenRule.check(address, credentialsConfigured: true) == nil)
        }
    }

    @Test func `listed origins get their headers, others none that let them read`() throws {
        let rule = CORSRule(origins: ["https://app.example", "*"])
        let headers = rule.headers(for: "https://app.example")
        #expect(headers.contains { $0.name == "Access-Control-Allow-Origin" && $0.value == "https://app.example" })
        #expect(headers.contains { $0.name == "Vary" && $0.value == "Origin" })
        #expect(rule.headers(for: "https://evil.example").map(\.name) == ["Vary"])
        #expect(rule.headers(for: nil).map(\.name) == ["Vary"])
        #expect(rule.preflight(for: "https://evil.example") == nil)
        #expect(rule.preflight(for: "*") == nil)
        let preflight = try #require(rule.preflight(for: "https://app.example"))
        #expect(preflight.contains { $0.name == "Access-Control-Allow-Headers" && $0.value.contains("Authorization") })
        #expect(CORSRule.none.headers(for: "https://app.example").isEmpty)
    }
}

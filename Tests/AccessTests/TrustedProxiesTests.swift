import Access
import Testing

/// Whom to believe about where a request comes from.
@Suite struct TrustedProxiesTests {
    private let proxies = TrustedProxies { $0.hasPrefix("10.") || $0 == "fd00::1" }

    @Test(arguments: [
        // Nobody trusted has spoken.
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"), ("203.0.113.9", [], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"), ("", ["198.51.100.1"], ""),
        // What the nearest proxy saw counts, what the client wrote before it does not.
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"), ("10.0.0.1", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.9, 198.51.100.1"], "198.51.100.1"),
        // Through a row of proxies.
        ("10.0.0.1", ["1.1.1.1, 198.51.100.1,10.0.0.2 ,  10.0.0.3"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.2"),
        ("fd00::1", ["2001:db8::7"], "2001:db8::7"), ("10.0.0.1", ["[2001:db8::7]:443"], "2001:db8::7"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        // Rubbish ends the search.
        ("10.0.0.1", [""], "10.0.0.1"), ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", ["evil, 10.0.0.2"], "10.0.0.2"),
        ("10.0.0.1", ["198.51.100.1, , 10.0.0.2"], "10.0.0.2"), ("10.0.0.1", ["[::1"], "10.0.0.1"),
        ("10.0.0.1", ["abcd"], "10.0.0.1"), ("10.0.0.1", ["1.2.3"], "10.0.0.1"), ("10.0.0.1", ["a.bc"], "10.0.0.1"),
    ])
    func `the client is the last address that no proxy of ours has`(peer: String, headers: [String], client: String) {
        #expect(proxies.client(peer: peer, forwardedFor: headers) == client)
        #expect(TrustedProxies.none.client(peer: peer, forwardedFor: headers) == peer)
    }

    @Test func `endless lists are not read to their beginning`() {
        let list = Array(repeating: "10.0.0.2", count: 100_000).joined(separator: ",")
        #expect(proxies.client(peer: "10.0.0.1", forwardedFor: ["198.51.100.1," + list]) == "10.0.0.2")
    }
}

import Terminal
import Testing

struct CallTests {
    @Test func `Keys with any characters stay one segment`() {
        #expect(RequestPath.build(["t", "a/b ?é", "v3"]) == "/t/a%2Fb%20%3F%C3%A9/v3")
        #expect(
            RequestPath.build(["v1", "tenants"], query: [("prefix", "a&b"), ("cursor", nil), ("limit", "5")])
                == "/v1/tenants?prefix=a%26b&limit=5")
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"), ("https://a.example/base", "https://a.example/base"),
        ("127.0.0.1:8080", nil), ("ftp://a", nil), ("http://", nil), ("http:///a", nil), ("http://a?b", nil),
        ("http://user@a", nil), ("http://a b", nil),
    ])
    func `Only an address of a node is taken as one`(url: String, base: String?) {
        #expect(RequestPath.base(url) == base)
    }
}

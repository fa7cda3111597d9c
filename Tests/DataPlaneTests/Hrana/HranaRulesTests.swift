import DataPlane
import NIOCore
import NIOHTTP1
import Seams
import Testing

/// Whose a request on the port is.
@Suite struct HranaRulesTests {
    private func verdict(_ uri: String, host: String = "localhost", header: String? = nil) -> String {
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: uri)
        head.headers.add(name: "Host", value: host)
        if let header { head.headers.add(name: header, value: "x") }
        switch HranaRules(domain: "db.example.com", takesRelayed: false).classify(head) {
        case .dataPlane: return "ours"
        case .upload: return "upload"
        case .tail: return "tail"
        case .refuse(let refusal): return refusal.code
        }
    }

    @Test(arguments: [
        ("/t/acme/v3/pipeline", "ours"), ("//t//acme//v3/pipeline", "ours"), ("/t/acme", "ours"),
        ("/t/acme/console", "ours"),
        ("/t/%zz/v3/pipeline", "ours"), ("/v3/pipeline", "ours"), ("//v3/cursor", "ours"), ("/v2/pipeline/", "ours"),
        ("/v1/execute", "ours"), ("/v1/tenants", "tail"), ("/v1/tenants/t/x", "tail"), ("/healthz", "tail"),
        ("/", "tail"),
        ("/.rowhouse/catalog", "tail"), ("/tenants/acme", "tail"),
    ])
    func `paths`(_ uri: String, _ owner: String) {
        #expect(verdict(uri) == owner)
    }

    @Test func `on a tenant's host all is the tenant's, but what nodes say to each other`() {
        let host = "acme.db.example.com"
        for uri in ["/v3/pipeline", "/v1/tenants", "/console", "/metrics", "/"] {
            #expect(verdict(uri, host: host) == "ours", "\(uri)")
            #expect(verdict(uri, host: "ACME.db.example.com") == "ours", "\(uri)")
        }
        #expect(verdict("/.rowhouse/catalog", host: host) == "tail")
        #expect(verdict("/v1/tenants", host: "db.example.com") == "tail")
        #expect(verdict("/v1/tenants", host: "other.example.com") == "tail")
    }

    @Test func `internal headers from outside are refused, others are not looked at`() {
        #expect(verdict("/t/acme/v3/pipeline", header: "Rowhouse-Internal-Stamp") == "bad_request")
        #expect(verdict("/t/acme/v3/pipeline", header: "rowhouse-internal-anything") == "bad_request")
        #expect(verdict("/t/acme/v3/pipeline", header: "Rowhouse-Tenant") == "ours")
        #expect(verdict("/v1/tenants", header: "Rowhouse-Tenant") == "tail")
    }

    @Test func `a refusal of the door has the form that the path's clients read`() throws {
        let rules = HranaRules(domain: nil, takesRelayed: false)
        var numbers = RequestNumbers(SystemRandom())
        let id = numbers.make()
        let ours = rules.body(
            of: .bodyTooLarge, for: HTTPRequestHead(version: .http1_1, method: .POST, uri: "/t/a/v3/pipeline"),
            id: id)
        #expect(JSON(String(buffer: ours.bytes))["code"].string == "BODY_TOO_LARGE")
        #expect(JSON(String(buffer: ours.bytes))["error"].string != nil)
        let others = rules.body(
            of: .bodyTooLarge, for: HTTPRequestHead(version: .http1_1, method: .POST, uri: "/v1/tenants"), id: id)
        #expect(JSON(String(buffer: others.bytes))["error"]["code"].string == "body_too_large")
        #expect(JSON(String(buffer: others.bytes))["error"]["requestID"].string == "\(id)")
    }
}

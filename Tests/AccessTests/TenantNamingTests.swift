import Testing
import Vocabulary

@testable import Access

@Suite struct TenantNamingTests {
    static func resolve(
        _ path: String, tenant: String? = nil, namespace: String? = nil, host: String? = nil, domain: String? = nil
    ) throws(AccessError) -> ResolvedName {
        try TenantNaming.resolve(path: path, rowhouseTenant: tenant, xNamespace: namespace, host: host, domain: domain)
    }

    static func named(
        _ path: String, tenant: String? = nil, namespace: String? = nil, host: String? = nil, domain: String? = nil
    ) throws -> String {
        let name = try resolve(path, tenant: tenant, namespace: namespace, host: host, domain: domain)
        return "\(name.key?.string ?? "-") \(name.path)"
    }

    @Test(arguments: [
        ("/t/acme/v3/pipeline", "acme v3/pipeline"),
        ("/t/acme/v3/pipeline/", "acme v3/pipeline"),
        ("//t//acme//v3///pipeline//", "acme v3/pipeline"),
        ("/t/acme", "acme "),
        ("/t/acme/", "acme "),
        ("/t/acme//", "acme "),
        ("/t/acme?x=1", "acme "),
        ("/t/acme/query?sql=a/b//c", "acme query"),
        ("/t/a%2Fb/query", "a/b query"),
        ("/t/a%2fb%2F/query", "a/b/ query"),
        ("/t/dm:17:42/v2/pipeline", "dm:17:42 v2/pipeline"),
        ("/t/t/t/acme", "t t/acme"),
        ("/t/m%C3%BCller/stats", "müller stats"),
        ("/t/%74/stats", "t stats"),
        ("/t/100%25/stats", "100% stats"),
        ("/t/a+b/stats", "a+b stats"),
        ("/t/...", "... "),
        ("/v3/pipeline", "- v3/pipeline"),
        ("/v3//pipeline?x", "- v3/pipeline"),
        ("/", "- "),
        ("", "- "),
        ("//", "- "),
        ("/tenant/acme", "- tenant/acme"),
        ("/T/acme", "- T/acme"),
        ("/v1/t/acme", "- v1/t/acme"),
        ("/?t/acme", "- "),
    ])
    func `a path names its tenant and keeps the rest`(path: String, expected: String) throws {
        #expect(try Self.named(path) == expected)
    }

    @Test(arguments: [
        ("/t", KeyFault.empty), ("/t/", .empty), ("/t//", .empty), ("/t?acme", .empty),
        ("/t/%", .escape), ("/t/%4", .escape), ("/t/%4/1", .escape), ("/t/%zz", .escape), ("/t/a%2", .escape),
        ("/t/%ff", .notUTF8), ("/t/%C3", .notUTF8), ("/t/%ED%A0%80", .notUTF8), ("/t/%C0%AF", .notUTF8),
        ("/t/.", .dots), ("/t/../v1/nodes", .dots), ("/t/%2e%2E/x", .dots),
        ("/t/a%00b", .control), ("/t/%0A", .control), ("/t/%C2%85", .control),
    ])
    func `a bad key in a path is refused`(path: String, fault: KeyFault) {
        #expect(failure { () throws(AccessError) in try Self.resolve(path) } == .keyInvalid(fault))
    }

    @Test func `a key has at most 128 bytes once decoded`() throws {
        let longest = String(repeating: "%61", count: 128)
        #expect(try Self.resolve("/t/\(longest)/stats").key?.string == String(repeating: "a", count: 128))
        for text in [longest + "a", String(repeating: "a", count: 129), String(repeating: "ü", count: 65)] {
            #expect(failure { () throws(AccessError) in try Self.resolve("/t/" + text) } == .keyInvalid(.tooLong))
            #expect(
                failure { () throws(AccessError) in try Self.resolve("/", tenant: text) } == .keyInvalid(.tooLong))
        }
    }

    @Test func `headers name tenants too, percent-encoded or not`() throws {
        #expect(try Self.named("/v3/pipeline", tenant: "a%2Fb") == "a/b v3/pipeline")
        #expect(try Self.named("/v3/pipeline", tenant: "müller") == "müller v3/pipeline")
        #expect(try Self.named("/v3/pipeline", namespace: "acme") == "acme v3/pipeline")
        #expect(failure { () throws(AccessError) in try Self.resolve("/", tenant: "") } == .keyInvalid(.empty))
    }

    @Test func `names that agree are one, names that differ are a conflict`() throws {
        #expect(
            try Self.named(
                "/t/acme/query", tenant: "%61cme", namespace: "acme", host: "acme.db.example.com",
                domain: "db.example.com")
                == "acme query")
        let conflicts: [(String, String?, String?, String?)] = [
            ("/t/acme", "other", nil, nil), ("/t/acme", nil, "other", nil), ("/t/acme", nil, nil, "other.d"),
            ("/", "a", "b", nil), ("/", "a", nil, "b.d"), ("/", nil, "a", "b.d"),
            // Canonically equivalent, but not the same bytes.
            ("/t/%C3%A9", "e%CC%81", nil, nil),
        ]
        for (path, tenant, namespace, host) in conflicts {
            let error = failure { () throws(AccessError) in
                try Self.resolve(path, tenant: tenant, namespace: namespace, host: host, domain: "d")
            }
            #expect(error == .tenantConflict)
        }
    }

    @Test(arguments: [
        ("acme.db.example.com", "acme"), ("acme.db.example.com:8080", "acme"),
        ("a.b-c.d_e.db.example.com", "a.b-c.d_e"),
        ("acme.DB.Example.com", "acme"), ("db.example.com", "-"), ("xdb.example.com", "-"), ("example.com", "-"),
        ("acme.db.example.com.evil.org", "-"), ("127.0.0.1:8080", "-"), ("[::1]:8080", "-"),
        ("[acme.db.example.com]", "-"),
        ("acme.db.example.com:port", "-"), ("", "-"), (".db.example.com", "-"),
    ])
    func `a host under the domain names a tenant`(host: String, expected: String) throws {
        let name = try Self.resolve("/v2/pipeline", host: host, domain: "db.example.com")
        #expect(name.key?.string ?? "-" == expected)
        #expect(name.isByHost == (expected != "-"))
        #expect(name.path == "v2/pipeline")
        #expect(try Self.resolve("/", host: host, domain: nil).key == nil)
    }

    @Test(arguments: ["ACME.d", "..d", "a..d", "a..b.d", ".a.d", "a%2Fb.d", "a/b.d", "müller.d", "a b.d", "a@b.d"])
    func `a host label that is not plain is refused rather than folded`(host: String) {
        #expect(
            failure { () throws(AccessError) in try Self.resolve("/", host: host, domain: "d") }
                == .keyInvalid(.hostLabel))
    }

    @Test func `any bytes in a path are answered without a trap`() {
        let random = SeededRandom()
        let alphabet = Array("/t%2Fa.?\u{0}é".utf8)
        for _ in 0..<20_000 {
            let length = Int(random.next() % 24)
            let path = String(
                decoding: (0..<length).map { _ in alphabet[Int(random.next() >> 8) % alphabet.count] }, as: UTF8.self)
            guard let name = try? Self.resolve(path, host: path, domain: "a") else { continue }
            #expect(!name.path.hasPrefix("/") && !name.path.hasSuffix("/") && !name.path.contains("//"))
            #expect(!name.path.contains("?"))
        }
    }
}

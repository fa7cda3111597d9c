import Settings
import Testing

struct MistakeTests {
    @Test func `An unknown key names its line and the key that was meant`() {
        #expect(
            mistakes(in: "limits:\n  body-sise: 1MiB\n")
                == ["node.yaml:2: limits.body-sise: unknown key; did you mean limits.body-size?"])
        #expect(mistakes(in: "limts: {}") == ["node.yaml:1: limts: unknown key; did you mean limits?"])
        #expect(mistakes(in: "listen: x:1") == ["node.yaml:1: listen: unknown key; did you mean node.listen?"])
        #expect(mistakes(in: "zzzzzz: 1") == ["node.yaml:1: zzzzzz: unknown key"])
    }

    @Test func `A wrong unit says what was found and what is expected`() {
        #expect(
            mistakes(in: "limits:\n\n  body-size: 32MB")
                == [
                    "node.yaml:3: limits.body-size: found \"32MB\", expected a size from 1KiB to 1GiB "
                        + "(units: B, KiB, MiB, GiB, TiB)"
                ])
        #expect(
            mistakes(in: "streams: {idle: 10}")
                == [
                    "node.yaml:1: streams.idle: found \"10\", expected a duration from 1s to 1d (units: us, ms, s, m, h, d)"
                ])
    }

    @Test(arguments: [
        ("limits: {tenant-queue: 0}", "limits.tenant-queue: found \"0\", expected a whole number from 1 to 1000000"),
        ("limits: {tenant-queue: many}", "limits.tenant-queue: found \"many\""),
        ("limits: {tenant-queue: 1.5}", "limits.tenant-queue: found \"1.5\""),
        ("limits: {tenant-queue: [1]}", "limits.tenant-queue: found a list"),
        ("limits: {tenant-queue: }", "limits.tenant-queue: found nothing"),
        ("limits: {lanes: 0}", "limits.lanes: found \"0\", expected auto"),
        ("limits: 7", "limits: found \"7\", expected a map of keys"),
        ("compat: {x-namespace: yes}", "compat.x-namespace: found \"yes\", expected true or false"),
        ("node: {listen: 8080}", "node.listen: found \"8080\", expected host:port"),
        ("node: {listen: \"127.0.0.1:99999\"}", "node.listen: found \"127.0.0.1:99999\""),
        ("node: {listen: \"::1:80\"}", "node.listen: found \"::1:80\""),
        ("node: {advertise: \"http://h/path\"}", "node.advertise: found \"http://h/path\""),
        ("node: {advertise: \"https://h\"}", "node.advertise: found \"https://h\""),
        ("node: {id: N1}", "node.id: found \"N1\", expected 1 to 32 of a-z"),
        ("node: {labels: [a]}", "node.labels: found a list"),
        ("node: {labels: {a b: c}}", "node.labels.a b: a label's name is"),
        ("domain: Example.com", "domain: found \"Example.com\", expected a lower-case domain"),
        ("domain: localhost", "domain: found \"localhost\""),
        ("durability: replicated", "expected local (durability_unavailable: this class is not built yet)"),
        ("durability: sometimes", "durability: found \"sometimes\", expected local"),
        ("catalog: {postgres: db}", "catalog.postgres: expected libpq's connection string"),
        ("catalog: {postgres: \"host=db password=***\"}", "catalog.postgres: *** stands where"),
        ("catalog: external", "catalog: found \"external\", expected embedded, or {remote"),
        ("catalog: {remote: n1}", "catalog.remote: found \"n1\", expected http://host:port"),
        ("tls: {certificate: a, key: b}", "tls: TLS is not built yet"),
        ("cors: {origins: [\"https://a.example/x\"]}", "cors.origins[0]: found"),
        ("access: {trusted-proxies: [10.0.0.1/8]}", "access.trusted-proxies[0]: found \"10.0.0.1/8\""),
        ("access: {admin-tokens: [{name: a, sha256: beef, scopes: [admin]}]}", "admin-tokens[0].sha256: found"),
        ("access: {admin-tokens: [{name: a, scopes: [admin]}]}", "admin-tokens[0].sha256: missing"),
        ("access: {admin-tokens: [{name: a, scopes: [boss]}]}", "admin-tokens[0].scopes[0]: found \"boss\""),
        ("access: {admin-tokens: [{nam: a}]}", "admin-tokens[0].nam: unknown key; did you mean name?"),
        ("schemas: {dm: {match: \"\", create: on-first-use}}", "schemas.dm.match: found \"\", expected a tenant key"),
        ("schemas: {dm: {match: \"a\\tb\"}}", "schemas.dm.match: found"),
        ("schemas: {dm: {create: explicit}}", "schemas.dm.match: missing"),
        ("schemas: {default: {match: \"*\"}}", "schemas.default.match: the schema named default"),
        ("schemas: {default: {create: sometimes}}", "schemas.default.create: found \"sometimes\""),
        ("schemas: [a]", "schemas: found a list"),
    ])
    func `Each kind of value refuses what is not of it`(yaml: String, part: String) {
        let found = mistakes(in: yaml)
        #expect(found.contains { $0.contains(part) && $0.hasPrefix("node.yaml:1: ") }, "\(found)")
    }

    @Test func `All mistakes are reported at once in the order of the file`() {
        let found = mistakes(
            in: """
                node:
                  listen: nowhere
                limits:
                  lanes: many
                  unheard-of: 1
                access:
                  admin-tokens:
                    - name: ops
                      sha256: x
                      scopes: []
                """,
            environment: ["ROWHOUSE_STREAMS_IDLE": "soon"],
            flags: [SettingFlag("--data", sets: "node.data", to: "")])
        #expect(
            found.map { $0.split(separator: ": ").prefix(2).joined(separator: " ") } == [
                "node.yaml:2 node.listen", "node.yaml:4 limits.lanes", "node.yaml:5 limits.unheard-of",
                "node.yaml:9 access.admin-tokens[0].sha256", "node.yaml:10 access.admin-tokens[0].scopes",
                "environment variable ROWHOUSE_STREAMS_IDLE streams.idle", "flag --data node.data",
            ], "\(found)")
    }

    @Test func `A key given twice is a mistake that hides no other`() {
        let found = mistakes(
            in: """
                domain: a.example
                limits:
                  lanes: 2
                  "lanes": 3
                  lanes: 4
                  connections: none
                domain: b.example
                """)
        #expect(
            found == [
                "node.yaml:5: limits.lanes: given already on line 3; keep one of the two",
                "node.yaml:5: limits.lanes: given already on line 4; keep one of the two",
                "node.yaml:6: limits.connections: found \"none\", expected a whole number from 1 to 1000000",
                "node.yaml:7: domain: given already on line 1; keep one of the two",
            ], "\(found)")
    }

    @Test func `Text that is not YAML is one mistake with its line`() {
        #expect(mistakes(in: "node:\n  listen: [a\n").first?.hasPrefix("node.yaml:3: not YAML: ") == true)
        #expect(mistakes(in: "- a\n- b") == ["node.yaml:1: found a list, expected a map of keys"])
    }

    @Test func `Control characters of a value never reach the report`() {
        let found = mistakes(in: "domain: \"a\\e[31mb\"")
        #expect(found.count == 1 && !found[0].unicodeScalars.contains("\u{1B}"))
    }

    @Test func `An empty file and empty sections are the defaults`() throws {
        #expect(try load("").settings == ServerSettings())
        #expect(try load("limits:\nnode: ~\n# nothing\n").settings == ServerSettings())
    }
}

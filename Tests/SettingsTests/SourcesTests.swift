import Settings
import Testing

struct SourcesTests {
    @Test func `Flags win over the environment and the environment over the file`() throws {
        let yaml = "node: {listen: \"127.0.0.1:1\", data: /file, zone: file}"
        let loaded = try load(
            yaml, environment: ["ROWHOUSE_NODE_LISTEN": "127.0.0.1:2", "ROWHOUSE_NODE_DATA": "/environment"],
            flags: [SettingFlag("--listen", sets: "node.listen", to: "127.0.0.1:3")])
        #expect(loaded.settings.node.listen.port == 3)
        #expect(loaded.settings.node.data == "/environment")
        #expect(loaded.settings.node.zone == "file")
        #expect(loaded.origin(of: "node.listen") == .flag("--listen"))
        #expect(loaded.origin(of: "node.data") == .environment(variable: "ROWHOUSE_NODE_DATA"))
        #expect(loaded.origin(of: "node.zone") == .file(path: "node.yaml", line: 1))
        #expect(loaded.origin(of: "domain") == .builtIn)
    }

    @Test func `Structured values in the environment are YAML`() throws {
        let hash = String(repeating: "Ab", count: 32)
        let loaded = try load(
            "",
            environment: [
                "ROWHOUSE_ACCESS_ADMIN_TOKENS": "[{name: ops, sha256: \(hash), scopes: [admin, read]}]",
                "ROWHOUSE_NODE_LABELS": "{class: fast}",
                "ROWHOUSE_CORS_ORIGINS": "https://A.example:443/",
                "ROWHOUSE_CATALOG": "{remote: \"http://n1:8080\"}",
                "ROWHOUSE_CLUSTER_KEY_FILE": "/k", "ROWHOUSE_NODE_ADVERTISE": "http://n2:8080/",
                "ROWHOUSE_SCHEMAS": "{chat: {match: \"dm:*\", create: explicit, template: chat.sql}}",
            ])
        let settings = loaded.settings
        #expect(
            settings.access.adminTokens == [
                AdminTokenSetting(name: "ops", sha256: hash.lowercased(), scopes: [.admin, .read])
            ])
        #expect(settings.node.labels == ["class": "fast"])
        #expect(settings.cors.origins.map(\.description) == ["https://a.example"])
        #expect(settings.catalog == .remote(try #require(HTTPOrigin("http://n1:8080"))))
        #expect(settings.schemas.map(\.name) == ["chat", "default"])
    }

    @Test func `A mistake in the environment names the variable`() {
        #expect(
            mistakes(in: "", environment: ["ROWHOUSE_LIMITS_LANES": "all"]) == [
                "environment variable ROWHOUSE_LIMITS_LANES: limits.lanes: found \"all\", "
                    + "expected auto (one for each core) or a whole number from 1 to 256"
            ])
        #expect(
            mistakes(in: "", environment: ["ROWHOUSE_NODE_LABELS": "{a"])
                .first?.hasPrefix("environment variable ROWHOUSE_NODE_LABELS: node.labels: not YAML") == true)
    }

    @Test func `A misspelt variable is a mistake and a foreign one is not`() {
        #expect(
            mistakes(in: "", environment: ["ROWHOUSE_LIMITS_LANE": "2"])
                == ["environment variable ROWHOUSE_LIMITS_LANE: names no key; did you mean ROWHOUSE_LIMITS_LANES?"])
        #expect(
            mistakes(in: "", environment: ["ROWHOUSE_DOMIAN": "a.example"])
                == ["environment variable ROWHOUSE_DOMIAN: names no key; did you mean ROWHOUSE_DOMAIN?"])
        let foreign = [
            "ROWHOUSE_URL": "x", "ROWHOUSE_TOKEN": "x", "ROWHOUSE_PORT_8080_TCP": "x", "ROWHOUSE_SERVICE_HOST": "x",
            "ROWHOUSE_DOMAIN": "", "PATH": "/bin",
        ]
        #expect(mistakes(in: "", environment: foreign) == [])
    }

    @Test func `A flag for a key that does not exist is a mistake`() {
        #expect(
            mistakes(in: "", flags: [SettingFlag("--set", sets: "limits.lane", to: "1")])
                == ["flag --set: unknown key limits.lane; did you mean limits.lanes?"])
    }
}

import Foundation
import Settings
import Testing
import Vocabulary

struct PrintingTests {
    private static let samples = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Config")

    private func sample(_ name: String) throws -> String {
        try String(contentsOf: Self.samples.appendingPathComponent(name), encoding: .utf8)
    }

    @Test func `The single-node sample equals the printed defaults`() throws {
        #expect(try sample("single-node.yaml") == SettingsPrinter.yaml(ServerSettings()))
    }

    @Test func `The printed defaults read back as the defaults`() throws {
        #expect(try load(SettingsPrinter.yaml(ServerSettings())).settings == ServerSettings())
    }

    @Test func `The samples of three nodes fit together`() throws {
        let first = try load(sample("first-node.yaml")).settings
        #expect(first.catalog == .embedded && first.node.id == NodeID("n1") && first.cluster.keyFile != nil)
        for (name, id) in [("second-node.yaml", "n2"), ("third-node.yaml", "n3")] {
            let other = try load(sample(name)).settings
            #expect(other.catalog == .remote(try #require(first.node.advertise)))
            #expect(other.node.id == NodeID(id) && other.cluster.keyFile == first.cluster.keyFile)
            #expect(other.node.advertise != first.node.advertise && other.node.listen != first.node.listen)
        }
    }

    @Test(arguments: [
        ("host=db password=s3cret dbname=r", "host=db password=*** dbname=r"),
        ("password = 's3 cret\\' x' host=db", "password=*** host=db"),
        ("host=db sslpassword=s3cret", "host=db sslpassword=***"),
        ("postgresql://me:s3cret@db1,db2/r?sslmode=require", "postgresql://me:***@db1,db2/r?sslmode=require"),
        ("postgres://db/r?user=me&password=s3cret&x=1", "postgres://db/r?user=me&password=***&x=1"),
        ("host=db dbname=r user=me", "host=db dbname=r user=me"),
    ])
    func `A password is not printed`(_ given: String, _ shown: String) throws {
        let settings = try load("catalog: {postgres: \"\(given.replacing("\\", with: "\\\\"))\"}").settings
        #expect(settings.catalog == .postgres(PostgresAddress(given)))
        let printed = SettingsPrinter.yaml(settings)
        #expect(printed.contains(shown) && !printed.contains("s3"))
    }

    @Test func `The sample of a node on PostgreSQL is one`() throws {
        let settings = try load(sample("postgres-node.yaml")).settings
        guard case .postgres(let address) = settings.catalog else { throw SampleFailure() }
        #expect(address.connection.contains("sslmode=verify-full") && address.connection.contains("host=db1"))
        #expect(settings.postgres == PostgresSettings(), "the sample shows the defaults")
        #expect(settings.cluster.keyFile == (try load(sample("first-node.yaml"))).settings.cluster.keyFile)
    }

    private struct SampleFailure: Error {}

    @Test func `Settings that differ from every default survive print and parse`() throws {
        let yaml = """
            node: {id: n7, listen: "[::1]:9", data: "/a b/#c", advertise: "http://[fd00::1]:81", zone: "null",
              labels: {a: "x: y", b: "\\"q\\" \\\\ 'r'"}}
            domain: db.example.com
            catalog: {remote: "http://n1"}
            postgres: {schema: r.2, connections: 3, queue: 7, connect-timeout: 4s, statement-timeout: 900ms,
              transaction-timeout: 11s}
            cluster: {key-file: "~", lease: 2500ms}
            access: {trusted-proxies: [10.0.0.0/8, "::1"],
              admin-tokens: [{name: a, sha256: "\(String(repeating: "0", count: 64))", scopes: [operator]}]}
            cors: {origins: ["https://a.example", "http://b.example:81"]}
            journal: {directory: "- x", size: 3GiB, flush-pause: 0s}
            compat: {x-namespace: false}
            limits: {lanes: 3, database-size: 5GiB, routing: 1}
            schemas: {z: {match: "*: ,[]{}*"}, default: {create: explicit, template: "a:b"}, a: {match: "é*"}}
            """.replacing(", routing: 1", with: "")
        let settings = try load(yaml).settings
        #expect(settings.node.zone == "null" && settings.cluster.keyFile == "~" && settings.schemas.count == 3)
        #expect(try load(SettingsPrinter.yaml(settings)).settings == settings)
    }

    @Test func `Every key is explained with its variable and its default`() throws {
        for setting in SettingsTable.all {
            let page = try #require(SettingsExplainer.explain(setting.path))
            #expect(page.contains(setting.environmentVariable) && page.contains(setting.help))
            #expect(setting.help.hasSuffix("."), "\(setting.path)")
            #expect(setting.defaultText != nil || setting.example != nil, "\(setting.path) shows no value")
        }
        #expect(SettingsTable.setting("limits.body-size")?.environmentVariable == "ROWHOUSE_LIMITS_BODY_SIZE")
        #expect(SettingsExplainer.explain("limits")?.contains("limits.wal-memory-node") == true)
        #expect(SettingsExplainer.explain("limits.lane") == nil)
        #expect(SettingsExplainer.suggestion(for: "limits.lane") == "limits.lanes")
    }

    @Test func `Every example is a value that its key accepts`() throws {
        for setting in SettingsTable.all {
            guard let example = setting.example else { continue }
            var flags = [SettingFlag("--set", sets: setting.path, to: example)]
            if setting.path == "cluster.key-file" {
                flags.append(SettingFlag("--set", sets: "node.advertise", to: "http://10.0.0.5:8080"))
            }
            #expect(mistakes(in: "", flags: flags) == [], "\(setting.path)")
        }
    }
}

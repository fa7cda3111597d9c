import Foundation
import Settings
import Testing

struct FileChecksTests {
    @Test func `Files that are missing, short or open to all are named`() throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("settings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = folder.appendingPathComponent("key").path
        let yaml = """
            node: {advertise: "http://a:1"}
            cluster: {key-file: "\(key)"}
            schemas: {default: {template: "\(folder.path)/no.sql"}}
            """
        var checks = FileChecks()
        checks.key = { $0.count < 32 ? "has \($0.count) bytes" : nil }
        checks.template = { $0 == "SELECT" ? "incomplete input" : nil }
        func found() throws -> [String] { checks.mistakes(try load(yaml)).map(\.description) }

        #expect(try found()[0].hasPrefix("node.yaml:2: cluster.key-file: cannot read"))
        #expect(try found()[1].hasPrefix("node.yaml:3: schemas.default.template: cannot read"))
        try Data("short".utf8).write(to: URL(fileURLWithPath: key))
        #expect(try found()[0].contains("has 5 bytes"))
        try Data(repeating: 65, count: 64).write(to: URL(fileURLWithPath: key))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: key)
        #expect(try found()[0].contains("can be read by every user"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
        #expect(try found().count == 1)
        try Data("SELECT".utf8).write(to: folder.appendingPathComponent("no.sql"))
        #expect(try found() == ["node.yaml:3: schemas.default.template: \(folder.path)/no.sql: incomplete input"])
        try Data("SELECT 1".utf8).write(to: folder.appendingPathComponent("no.sql"))
        #expect(try found().isEmpty)
    }
}

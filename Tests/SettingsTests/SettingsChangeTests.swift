import Settings
import Testing

@Suite struct SettingsChangeTests {
    private let token = #"{name: a, sha256: "\#(String(repeating: "0", count: 64))", scopes: [operator]}"#

    private func changed() throws -> ServerSettings {
        try load(
            """
            access: {admin-tokens: [\(token)], trusted-proxies: [10.0.0.0/8]}
            cors: {origins: ["https://app.example.com"]}
            audit: {keep: 30d}
            limits: {streams-tenant: 7}
            """
        ).settings
    }

    @Test func `what may change while a node runs is told from what waits for a restart`() throws {
        let change = SettingsChange(from: ServerSettings(), to: try changed())
        #expect(Set(change.takenUp) == SettingsChange.live)
        #expect(Set(change.waiting) == ["audit.keep", "limits.streams-tenant"])
        #expect(SettingsChange(from: try changed(), to: try changed()) == SettingsChange(from: .init(), to: .init()))
    }

    @Test func `exactly what is said to be taken up is`() throws {
        let taken = SettingsChange.taken(try changed(), into: ServerSettings())
        #expect(Set(SettingsChange(from: ServerSettings(), to: taken).takenUp) == SettingsChange.live)
        #expect(SettingsChange(from: ServerSettings(), to: taken).waiting == [])
        #expect(SettingsChange(from: taken, to: try changed()).takenUp == [])
    }
}

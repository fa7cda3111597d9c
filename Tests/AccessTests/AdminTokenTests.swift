import Testing

@testable import Access

@Suite struct AdminTokenTests {
    @Test func `a token that was made is found by its hash, with its scopes`() throws {
        let random = SeededRandom()
        let ops = AdminToken.make(name: "ops", scopes: [.operator], random: random)
        let root = AdminToken.make(name: "root", scopes: [.admin], random: random)
        #expect(ops.token.hasPrefix("rh_admin_") && ops.token.utf8.count == 52)
        #expect(ops.token != root.token)
        let tokens = try AdminTokens([
            AdminToken(name: "ops", sha256: ops.sha256, scopes: ["operator"]),
            AdminToken(name: "root", sha256: root.sha256.uppercased(), scopes: ["admin"]),
        ])
        #expect(tokens.principal(for: ops.token) == .admin(name: "ops", scopes: AdminScopes([.operator])))
        #expect(tokens.principal(for: root.token) == .admin(name: "root", scopes: AdminScopes([.admin])))
        #expect(!tokens.isEmpty && AdminTokens.none.isEmpty)
        for wrong in [
            "", "rh_admin_", ops.token.lowercased(), String(ops.token.dropLast()), ops.token + "A", ops.sha256,
            String(ops.token.dropLast()) + (ops.token.last == "A" ? "B" : "A"), "rh_sess_" + ops.token.dropFirst(8),
        ] {
            #expect(tokens.principal(for: wrong) == nil)
        }
        #expect(AdminTokens.none.principal(for: ops.token) == nil)
    }

    @Test func `the line for the configuration is YAML that reads back`() {
        let made = AdminToken.make(name: #"a "b"\#t\"#, scopes: [.admin, .read], random: SeededRandom())
        #expect(
            made.configLine == #"- {name: "a \"b\"\x09\\", sha256: ""# + made.sha256 + #"", scopes: [admin, read]}"#)
    }

    @Test func `mistakes in the configuration are named`() throws {
        let hash = String(repeating: "ab", count: 32)
        #expect(throws: AccessSetupError.emptyName) { try AdminToken(name: "", sha256: hash, scopes: ["admin"]) }
        for bad in ["", "ab", hash + "ab", String(hash.dropLast()) + "g", String(hash.dropLast())] {
            #expect(throws: AccessSetupError.badHash(name: "x")) {
                try AdminToken(name: "x", sha256: bad, scopes: ["admin"])
            }
        }
        #expect(throws: AccessSetupError.noScopes(name: "x")) { try AdminToken(name: "x", sha256: hash, scopes: []) }
        #expect(throws: AccessSetupError.unknownScope(name: "x", scope: "root")) {
            try AdminToken(name: "x", sha256: hash, scopes: ["admin", "root"])
        }
        let one = try AdminToken(name: "x", sha256: hash, scopes: ["admin"])
        #expect(throws: AccessSetupError.repeatedName("x")) { try AdminTokens([one, one]) }
    }

    @Test func `scopes imply those below them`() {
        let expected: [(AdminScope, [AdminScope])] = [
            (.admin, [.admin, .operator, .read]), (.operator, [.operator, .read]), (.read, [.read]),
        ]
        for (scope, allowed) in expected {
            for asked in AdminScope.allCases {
                #expect(AdminScopes([scope]).allow(asked) == allowed.contains(asked))
            }
        }
        #expect(!AdminScopes([]).allow(.read))
    }
}

import Testing
import Vocabulary

@testable import Access

@Suite struct RequestSealTests {
    private func seal(_ byte: UInt8) throws -> RequestSeal {
        RequestSeal(key: try ClusterKey(Array(repeating: byte, count: 32)))
    }

    @Test func `an answer is opened by who has the secret, for the request that it was sealed for`() throws {
        let (one, other) = (try seal(1), try seal(2))
        let (name, second) = (one.name(of: "k", by: "admin:a"), one.name(of: "k", by: "admin:b"))
        let sealed = try #require(one.seal(Array("secret".utf8), of: name))
        #expect(one.open(sealed, of: name) == Array("secret".utf8))
        #expect(one.open(sealed, of: second) == nil && other.open(sealed, of: name) == nil)
        for index in sealed.indices {
            var forged = sealed
            forged[index] ^= 1
            #expect(one.open(forged, of: name) == nil)
        }
        #expect(one.open([], of: name) == nil && one.open(Array(sealed.prefix(20)), of: name) == nil)
        #expect(one.seal(Array("secret".utf8), of: name) != sealed)
    }

    @Test func `names and tags tell apart what could be run together`() throws {
        let seal = try seal(1)
        #expect(seal.name(of: "bc", by: "a") != seal.name(of: "c", by: "ab"))
        #expect(seal.tag([[1], [2, 3]]) != seal.tag([[1, 2], [3]]))
        #expect(seal.tag([[1], []]) != seal.tag([[1]]))
        #expect(seal.tag([[1]]) == seal.tag([[1]]))
    }
}

@Suite struct ClaimTokenTests {
    private func make(
        _ milliseconds: Int64 = 1_800_000_000_000, value: String = "v", tenant: UInt64 = 99, salt: UInt8 = 1,
        key: UInt8 = 1
    ) throws -> (text: String, token: ClaimToken) {
        try seal(key).make(
            "slug", value, for: TenantID(tenant), until: .init(milliseconds: milliseconds), salt: [salt])
    }

    private func seal(_ byte: UInt8 = 1) throws -> ClaimSeal {
        ClaimSeal(key: try ClusterKey(Array(repeating: byte, count: 32)))
    }

    @Test func `a token is read as it was made, and nothing else is`() throws {
        let (text, token) = try make()
        #expect(text.utf8.count == 52 && ClaimToken(text) == token)
        #expect(ClaimToken(text.dropLast()) == nil && ClaimToken(text + "A") == nil && ClaimToken("") == nil)
        #expect(ClaimToken("rh_clain_" + text.dropFirst(9)) == nil)
        #expect(ClaimToken(text.dropLast() + "!") == nil)
        #expect(!token.isLongOver(at: .init(milliseconds: 1_800_003_600_000)))
        #expect(token.isLongOver(at: .init(milliseconds: 1_800_003_600_001)))
        // Whatever somebody writes there, it is compared and never overflows.
        for time in [Int64.min, -1, 0, .max] {
            #expect(try make(time).token.isLongOver(at: .init(milliseconds: 1_800_000_000_000)) == (time != .max))
        }
    }

    @Test func `only what was made for a tenant is genuine there`() throws {
        let (text, token) = try make()
        #expect(try make().text == text)
        #expect(try seal().isGenuine(token, of: TenantID(99)))
        #expect(try !seal().isGenuine(token, of: TenantID(98)))
        #expect(try !seal(2).isGenuine(token, of: TenantID(99)))
        // Of another value, another reservation, another end, another tenant it is another one.
        let others = [
            try make(value: "w"), try make(salt: 2), try make(1_800_000_000_001), try make(tenant: 98),
            try make(key: 2),
        ]
        #expect(Set(others.map(\.text) + [text]).count == 6)
        // No character can be another.
        for place in 9..<52 {
            var forged = Array(text.utf8)
            forged[place] = forged[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            guard let other = ClaimToken(String(decoding: forged, as: UTF8.self)) else { continue }
            #expect(try !seal().isGenuine(other, of: TenantID(99)), "\(place)")
        }
    }
}

import Testing
import Vocabulary

@Suite struct NameTests {
    @Test(arguments: ["a", "dm:17:42", "ü", "a/b", " ", String(repeating: "x", count: 128)])
    func `a key may be anything printable`(text: String) throws {
        #expect(try TenantKey(text).string == text)
    }

    @Test func `a key that breaks a rule is refused by that rule`() {
        #expect(throws: TenantKeyError.empty) { try TenantKey("") }
        #expect(throws: TenantKeyError.tooLong(bytes: 129)) { try TenantKey(String(repeating: "x", count: 129)) }
        #expect(throws: TenantKeyError.dots) { try TenantKey("..") }
        #expect(throws: TenantKeyError.control) { try TenantKey("a\nb") }
        #expect(throws: TenantKeyError.control) { try TenantKey("a\u{85}b") }
    }

    @Test func `keys that look alike but are spelled differently are different`() throws {
        let composed = try TenantKey("\u{E9}")
        let decomposed = try TenantKey("e\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
    }

    @Test func `an id is read as it was printed and in no other way`() {
        #expect(TenantID(hex: TenantID(0xAB).description) == TenantID(0xAB))
        #expect(TenantID(hex: "00000000000000AB") == nil)
        #expect(TenantID(hex: "ab") == nil)
        #expect(TenantID(hex: "+0000000000000ab") == nil)
    }

    @Test(arguments: ["n1", "a", "eu-west-1"]) func `a node's name is short and plain`(name: String) {
        #expect(NodeID(name)?.name == name)
    }

    @Test(arguments: ["", "1n", "N1", "a_b", String(repeating: "n", count: 33), "a b"])
    func `other names are refused`(name: String) { #expect(NodeID(name) == nil) }

    @Test func `a bookmark goes there and back and is ordered by commit`() {
        let mark = Bookmark(epoch: Epoch(3), txid: TxID(500))
        #expect(Bookmark(mark.description) == mark)
        #expect(Bookmark("3") == nil)
        #expect(Bookmark("x-1") == nil)
        #expect(Bookmark(epoch: Epoch(9), txid: TxID(1)) < mark)
    }

    @Test func `an identity is 32 hexadecimal digits, all of them`() {
        let identity = Identity(high: 1, low: .max)
        #expect(identity.description == "0000000000000001ffffffffffffffff")
        #expect(Identity(hex: identity.description) == identity)
        for text in ["", "1", identity.description + "0", String(identity.description.dropLast()) + "F"] {
            #expect(Identity(hex: text) == nil)
        }
        #expect(Identity(hex: String(repeating: "é", count: 16)) == nil)
    }
}

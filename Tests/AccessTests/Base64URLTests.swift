import Testing

@testable import Access

@Suite struct Base64URLTests {
    @Test func `every length goes there and back without padding`() {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 251) }
            let text = Base64URL.encode(bytes)
            #expect(Base64URL.decode(text) == bytes)
            #expect(text.utf8.count == (count * 4 + 2) / 3)
        }
        #expect(Base64URL.encode([0xFB, 0xFF, 0xFE]) == "-__-")
        #expect(Base64URL.encode(Array("foobar".utf8)) == "Zm9vYmFy")
    }

    @Test(arguments: ["A", "AAAAA", "AA==", "A+AA", "A/AA", "AA\n", "Zh", "Zm9v\u{0}", "Zm-", "ü"])
    func `texts that are not the one text of some bytes are refused`(text: String) {
        // "Zh" and "Zm-" have bits left over that are not zero.
        #expect(Base64URL.decode(text) == nil)
    }
}

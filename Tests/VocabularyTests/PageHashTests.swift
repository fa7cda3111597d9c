import Testing
import Vocabulary

@Suite struct PageHashTests {
    /// Vectors: https://github.com/Cyan4973/xxHash and its ports' test suites.
    @Test(arguments: [
        ("", UInt64(0), UInt64(0xEF46_DB37_51D8_E999)), ("a", 0, 0xD24E_C4F1_A98C_6E5B),
        ("abc", 0, 0x44BC_2CF5_AD77_0999),
        ("Nobody inspects the spammish repetition", 0, 0xFBCE_A83C_8A37_8BF1),
    ])
    func `known texts have their known hashes`(text: String, seed: UInt64, hash: UInt64) {
        let found = Array(text.utf8).withUnsafeBytes { PageHash.xxh64($0, seed: seed) }
        #expect(found == hash)
    }

    @Test func `equal pages at different places have different hashes`() {
        let page = [UInt8](repeating: 7, count: PageHash.pageSize)
        page.withUnsafeBytes { bytes in
            #expect(
                PageHash.of(page: bytes.baseAddress!, number: 1) != PageHash.of(page: bytes.baseAddress!, number: 2))
        }
    }

    @Test func `a skipped page hashes as zeros`() {
        let page = [UInt8](repeating: 0, count: PageHash.pageSize)
        page.withUnsafeBytes { bytes in
            #expect(PageHash.of(page: bytes.baseAddress!, number: 9) == PageHash.ofZeroPage(number: 9))
        }
    }
}

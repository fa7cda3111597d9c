import Simulator
import Testing
import Vocabulary

@testable import Journal

@Suite struct PageEncodingTests {
    private let random = SeededRandom(seed: 7)

    private func noise(_ count: Int) -> [UInt8] { random.bytes(count) }

    private func ranges(_ previous: Page, _ current: Page) -> [UInt8]? {
        var target = [UInt8](repeating: 0, count: 4096)
        let length = previous.withUnsafeBytes { old in
            current.withUnsafeBytes { new in
                target.withUnsafeMutableBytes {
                    ByteRanges.encode(previous: old.baseAddress!, current: new.baseAddress!, into: $0.baseAddress!)
                }
            }
        }
        return length.map { Array(target[..<$0]) }
    }

    private func apply(_ payload: [UInt8], to page: Page) -> Page? {
        var page = page
        let isGood = payload.withUnsafeBytes { bytes in
            page.withUnsafeMutableBytes { ByteRanges.apply(bytes, to: $0.baseAddress!) }
        }
        return isGood ? page : nil
    }

    @Test func `ranges bring the previous image to the new one`() {
        for _ in 0..<2000 {
            let previous = noise(4096)
            var current = previous
            for _ in 0..<random.below(12) {
                let start = random.below(4096)
                for offset in start..<min(4096, start + 1 + random.below(60)) {
                    current[offset] = UInt8(random.below(256))
                }
            }
            guard let payload = ranges(previous, current) else { continue }
            #expect(payload.count <= 2048)
            #expect(apply(payload, to: previous) == current)
        }
    }

    @Test func `every single byte is found`() {
        let previous = noise(4096)
        for offset in 0..<4096 {
            var current = previous
            current[offset] ^= 0x80
            #expect(ranges(previous, current)?.count == 5)
            #expect(apply(ranges(previous, current)!, to: previous) == current)
        }
    }

    @Test func `equal pages have no ranges`() {
        let page = noise(4096)
        #expect(ranges(page, page) == [])
    }

    @Test func `pages that differ too much have no ranges`() {
        #expect(ranges(noise(4096), noise(4096)) == nil)
    }

    @Test func `ranges outside the page are refused`() {
        let page = Page(repeating: 0, count: 4096)
        #expect(apply([0xFF, 0x0F, 2, 0, 1, 1], to: page) == nil)
        #expect(apply([0, 0, 3, 0, 1, 1], to: page) == nil)
        #expect(apply([0, 0, 3], to: page) == nil)
    }

    // MARK: LZ4

    private func compress(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        var target = [UInt8](repeating: 0, count: limit)
        let length = bytes.withUnsafeBytes { source in
            target.withUnsafeMutableBytes { LZ4.compress(source, into: $0.baseAddress!, limit: limit) }
        }
        return length.map { Array(target[..<$0]) }
    }

    private func decompress(_ bytes: [UInt8], count: Int) -> [UInt8]? {
        var target = [UInt8](repeating: 0, count: count)
        let isGood = bytes.withUnsafeBytes { source in
            target.withUnsafeMutableBytes { LZ4.decompress(source, into: $0) }
        }
        return isGood ? target : nil
    }

    @Test func `LZ4 gives back what it was given`() {
        for round in 0..<500 {
            let alphabet = 1 + random.below(round + 1)
            let bytes = (0..<4096).map { _ in UInt8(random.below(min(alphabet, 256))) }
            guard let packed = compress(bytes, limit: 5000) else {
                Issue.record("5,000 bytes are enough for any page")
                continue
            }
            #expect(decompress(packed, count: 4096) == bytes)
        }
    }

    @Test func `a page of zeros takes a few bytes`() {
        #expect(compress(Page(repeating: 0, count: 4096), limit: 64)!.count < 40)
    }

    @Test func `noise does not fit below the limit`() {
        #expect(compress(noise(4096), limit: 3584) == nil)
    }

    @Test func `a block made by hand is read`() {
        // 3 literals, a match of 9 at distance 3, 5 last literals: as the format's description has it.
        let block: [UInt8] = [0x35] + Array("abc".utf8) + [3, 0, 0x50] + Array("12345".utf8)
        #expect(decompress(block, count: 17) == Array("abcabcabcabc12345".utf8))
    }

    @Test func `malformed blocks are refused, never read past`() {
        let packed = compress((0..<4096).map { UInt8($0 / 100 & 0xFF) }, limit: 4096)!
        for cut in 0..<packed.count { #expect(decompress(Array(packed[..<cut]), count: 4096) == nil) }
        for _ in 0..<5000 {
            var broken = packed
            for _ in 0...random.below(4) { broken[random.below(broken.count)] = UInt8(random.below(256)) }
            _ = decompress(broken, count: 4096)
        }
    }

    // MARK: Records

    @Test func `a page beyond the size before is stored whole`() {
        let encoder = RecordEncoder()
        let page = noise(4096)
        encoder.begin(pageCountBefore: 3)
        page.withUnsafeBytes {
            encoder.append(page: 4, previous: $0.baseAddress, current: $0.baseAddress!, hash: 1)
            encoder.append(page: 3, previous: $0.baseAddress, current: $0.baseAddress!, hash: 1)
        }
        let encodings = PageEntries(UnsafeRawBufferPointer(rebasing: encoder.current.bytes[96...])).map(\.encoding)
        #expect(encodings == [.whole, .ranges])
    }

    @Test func `a body cut anywhere is not well formed`() {
        let encoder = RecordEncoder()
        let page = noise(4096)
        encoder.begin(pageCountBefore: 0)
        page.withUnsafeBytes { encoder.append(page: 1, previous: nil, current: $0.baseAddress!, hash: 1) }
        let body = Array(encoder.current.bytes[96...])
        for cut in 1..<body.count {
            Array(body[..<cut]).withUnsafeBytes { bytes in
                var entries = PageEntries(bytes)
                while entries.next() != nil {}
                #expect(!entries.isWellFormed)
            }
        }
    }
}

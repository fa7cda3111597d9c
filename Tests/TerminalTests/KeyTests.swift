import Terminal
import Testing

struct KeyTests {
    private func keys(_ text: String, pieces size: Int = 1_000) -> [Key] {
        let bytes = Array(text.utf8)
        var decoder = KeyDecoder()
        var keys: [Key] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            for key in decoder.feed(bytes[start..<min(start + size, bytes.count)]) {
                if case .text(let new) = key, case .text(let old)? = keys.last {
                    keys[keys.count - 1] = .text(old + new)
                } else {
                    keys.append(key)
                }
            }
        }
        return keys + decoder.flush()
    }

    @Test(arguments: [1, 2, 3, 1_000])
    func `Keys are known however their bytes come`(size: Int) {
        let all: [(String, Key)] = [
            ("\r", .enter), ("\t", .tab), ("\u{7F}", .backspace), ("\u{1}", .control("a")), ("\u{1B}[A", .up),
            ("\u{1B}OB", .down), ("\u{1B}[1;5C", .wordRight), ("\u{1B}[1;3D", .wordLeft), ("\u{1B}[D", .left),
            ("\u{1B}[H", .home), ("\u{1B}[4~", .end), ("\u{1B}[3~", .delete), ("\u{1B}[3;5~", .deleteWordRight),
            ("\u{1B}\u{7F}", .deleteWordLeft), ("\u{1B}b", .wordLeft), ("\u{1B}[15~", .unknown),
            ("grün 漢字 👩‍👩‍👧 e\u{301}", .text("grün 漢字 👩‍👩‍👧 e\u{301}")),
            ("\u{1B}[200~a\r\nb;\u{1B}[31m\n\u{1B}[201~", .paste("a\nb;\u{1B}[31m\n")), ("x", .text("x")),
        ]
        #expect(keys(all.map(\.0).joined(), pieces: size) == all.map(\.1))
    }

    @Test func `An escape alone is the Escape key when nothing follows`() {
        var decoder = KeyDecoder()
        #expect(decoder.feed([0x1B]).isEmpty && decoder.isUndecided)
        #expect(decoder.flush() == [.escape] && !decoder.isUndecided)
        #expect(decoder.feed([0x1B, 0x5B]).isEmpty)
        #expect(decoder.flush() == [.unknown])
    }

    @Test func `Bytes that are no UTF-8 do no harm`() {
        var decoder = KeyDecoder()
        #expect(decoder.feed([0xFF, 0x61, 0xC3, 0x28, 0xE2, 0x82]) == [.text("\u{FFFD}a\u{FFFD}(")])
        #expect(!decoder.isUndecided && decoder.flush().isEmpty)
        #expect(decoder.feed([0xAC]) == [.text("€")])
    }

    @Test func `A sequence or a paste without an end takes no memory without an end`() {
        var decoder = KeyDecoder()
        var keys = decoder.feed(Array("\u{1B}[".utf8) + [UInt8](repeating: 0x30, count: 5_000))
        #expect(keys.last == .unknown)
        keys = decoder.feed(Array("\u{1B}[200~".utf8))
        for _ in 0..<40 { keys += decoder.feed([UInt8](repeating: 0x61, count: 64 << 10)) }
        keys += decoder.feed(Array("\u{1B}[201~b".utf8))
        guard case .paste(let text)? = keys.dropLast().last, keys.last == .text("b") else {
            Issue.record("no paste, but \(keys.count) keys")
            return
        }
        #expect(text.utf8.count < 2 << 20)
    }
}

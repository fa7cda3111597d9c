import Terminal
import Testing

struct TextTests {
    @Test func `What steers a terminal becomes visible`() {
        #expect(TerminalText.visible("a\u{1B}[31mb\n\tc\u{7F}\u{9B}\u{202E}") == "a␛[31mb␊␉c␡\u{FFFD}\u{FFFD}")
        #expect(TerminalText.visible("a\nb", keepingLines: true) == "a\nb")
    }

    @Test(arguments: [
        ("", 0), ("abc", 3), ("äöü", 3), ("e\u{301}", 1), ("日本", 4), ("한글", 4), ("🙂", 2), ("❤️", 2), ("a\u{200B}b", 2),
    ])
    func `Widths count columns`(text: String, width: Int) {
        #expect(TerminalText.width(text) == width)
    }

    @Test func `Cutting never exceeds the columns`() {
        #expect(TerminalText.cut("abcdef", to: 6) == "abcdef")
        #expect(TerminalText.cut("abcdef", to: 5) == "abcd…")
        #expect(TerminalText.cut("日本語", to: 4) == "日…")
        #expect(TerminalText.cut("abc", to: 1) == "…")
        #expect(TerminalText.cut("abc", to: 0) == "")
    }

    @Test(arguments: [
        (Int64(0), "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1434, "1.4 KiB"), (10_240, "10 KiB"),
        (1_048_575, "1 MiB"), (27 << 20, "27 MiB"), (5 << 40, "5 TiB"), (Int64.max, "8192 PiB"),
    ])
    func `Sizes are short`(bytes: Int64, text: String) {
        #expect(HumanText.size(bytes) == text)
    }

    @Test(arguments: [
        (Duration.microseconds(420), "0.4 ms"), (.milliseconds(12), "12 ms"), (.milliseconds(3200), "3.2 s"),
        (.seconds(59), "59 s"), (.seconds(250), "4 m 10 s"), (.seconds(120), "2 m"), (.seconds(7500), "2 h 5 m"),
        (.seconds(273_600), "3 d 4 h"),
    ])
    func `Durations are short`(duration: Duration, text: String) {
        #expect(HumanText.duration(duration) == text)
    }
}

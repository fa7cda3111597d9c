import Foundation
import Hrana
import Testing

@Suite struct EncodingTests {
    @Test(
        arguments: [
            (.null, #"{"type":"null"}"#),
            (.integer(0), #"{"type":"integer","value":"0"}"#),
            (.integer(-7), #"{"type":"integer","value":"-7"}"#),
            (.integer(.max), #"{"type":"integer","value":"9223372036854775807"}"#),
            (.integer(.min), #"{"type":"integer","value":"-9223372036854775808"}"#),
            (.float(1.5), #"{"type":"float","value":1.5}"#),
            (.float(3), #"{"type":"float","value":3.0}"#),
            (.float(-0.0), #"{"type":"float","value":-0.0}"#),
            (.float(1e20), #"{"type":"float","value":1e+20}"#),
            (.float(.infinity), #"{"type":"float","value":null}"#),
            (.float(-.infinity), #"{"type":"float","value":null}"#),
            (.float(.nan), #"{"type":"float","value":null}"#),
            (.text(""), #"{"type":"text","value":""}"#),
            (
                .text("a\"b\\c/\u{8}\u{C}\n\r\t\0\u{1F}\u{7F}"),
                #"{"type":"text","value":"a\"b\\c/\b\f\n\r\t\u0000\u001f"# + "\u{7F}\"}"
            ),
            (.text("héllo 🙂 \u{2028}"), #"{"type":"text","value":"héllo 🙂 "# + "\u{2028}\"}"),
            (.blob([]), #"{"type":"blob","base64":""}"#),
            (.blob([0]), #"{"type":"blob","base64":"AA"}"#),
            (.blob([0, 1]), #"{"type":"blob","base64":"AAE"}"#),
            (.blob([0xFB, 0xFF, 0xBF]), #"{"type":"blob","base64":"+/+/"}"#),
        ] as [(Value, String)])
    func `each kind of value`(value: Value, expected: String) {
        #expect(written { $0.value(value) } == expected)
    }

    @Test func `text that is not UTF-8 is refused without a trace, or mended`() {
        let bad: [UInt8] = [0x61, 0xFF, 0xE2, 0x82, 0x62]
        bad.withUnsafeBytes { bad in
            var writer = JSONWriter()
            writer.startRow()
            writer.nullValue()
            let mark = writer.bytes.count
            let refused = !writer.textValue(bad, invalid: .refuse)
            #expect(refused)
            let count = writer.bytes.count
            #expect(count == mark)
            let isString = writer.string(bad, invalid: .refuse)
            let stillCount = writer.bytes.count
            #expect(!isString && stillCount == mark)
            let mended = writer.textValue(bad, invalid: .replace)
            #expect(mended)
            writer.endRow()
            let text = String(decoding: writer.bytes.bytes, as: UTF8.self)
            #expect(text == #"[{"type":"null"},{"type":"text","value":"a\#u{FFFD}\#u{FFFD}\#u{FFFD}b"}]"#)
        }
    }

    @Test func `integers of every length`() {
        var value: Int64 = 1
        for _ in 0..<19 {
            for candidate in [
                value, value - 1, value + 1, -value, value.multipliedReportingOverflow(by: 9).partialValue,
            ] {
                #expect(written { $0.integer(candidate) } == String(candidate))
            }
            value = value &* 10
        }
    }

    @Test func `a double reads back as the same double, here and in C`() {
        var dice = Dice(seed: 3)
        var values: [Double] = [
            0, -0.0, 1, 0.1, 1e15, 1e15 - 1, 1e16, 1e22, 1e23, 123456.789, .pi, .leastNonzeroMagnitude,
            .leastNormalMagnitude,
            .greatestFiniteMagnitude, 4_503_599_627_370_496.5, 9_007_199_254_740_992, 1e21, 1e-7, 2.5e-5,
        ]
        for _ in 0..<4_000 {
            let value = Double(bitPattern: dice.next())
            if value.isFinite { values.append(value) }
            values.append(Double(Int64(bitPattern: dice.next()) >> Int64(dice.roll(60))))
            values.append(Double(dice.roll(1_000_000)) / 100)
        }
        for value in values {
            let text = written { $0.double(value) }
            #expect(strtod(text, nil).bitPattern == value.bitPattern, "\(text)")
            #expect(parsed(text) is Double, "\(text) must be JSON")
            #expect(text.contains(".") || text.contains("e"), "\(text) must look like a float")
            guard case .float(let decoded)? = decodedValue(#"{"type":"float","value":\#(text)}"#) else {
                Issue.record("\(text) was refused")
                continue
            }
            #expect(decoded.bitPattern == value.bitPattern, "\(text)")
        }
    }

    @Test func `base64 of every length agrees with Foundation, padded and not`() {
        var dice = Dice(seed: 4)
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8(dice.roll(256)) }
            let padded = Data(bytes).base64EncodedString()
            let unpadded = padded.replacingOccurrences(of: "=", with: "")
            #expect(written { $0.value(.blob(bytes)) } == #"{"type":"blob","base64":"\#(unpadded)"}"#)
            #expect(decodedValue(#"{"type":"blob","base64":"\#(unpadded)"}"#) == .blob(bytes))
            #expect(decodedValue(#"{"base64":"\#(padded)","type":"blob"}"#) == .blob(bytes))
        }
    }

    @Test func `durations are milliseconds with three decimals`() {
        func duration(_ nanoseconds: UInt64) -> String {
            let text = written { writer in
                writer.startStatementResult()
                writer.startRows()
                writer.finishStatementResult(StatementSummary(nanoseconds: nanoseconds))
            }
            return String(text.split(separator: #""query_duration_ms":"#)[1].dropLast())
        }
        #expect(duration(0) == "0.000")
        #expect(duration(1_234_567) == "1.234")
        #expect(duration(12_005_000) == "12.005")
        #expect(duration(90_999_999) == "90.999")
        #expect(duration(.max) == "18446744073709.551")
    }
}

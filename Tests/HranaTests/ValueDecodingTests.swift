import Hrana
import Testing

@Suite struct ValueDecodingTests {
    @Test(
        arguments: [
            (#"{"type":"null"}"#, .null),
            (#"{"type":"null","value":"ignored","base64":{}}"#, .null),
            (#"{"type":"integer","value":"0"}"#, .integer(0)),
            (#"{"type":"integer","value":"-12"}"#, .integer(-12)),
            (#"{"type":"integer","value":"+12"}"#, .integer(12)),
            (#"{"type":"integer","value":"-0007"}"#, .integer(-7)),
            (#"{"type":"integer","value":"\u0031"}"#, .integer(1)),
            (#"{"type":"integer","value":"9223372036854775807"}"#, .integer(.max)),
            (#"{"type":"integer","value":"-9223372036854775808"}"#, .integer(.min)),
            (#"{"type":"float","value":3}"#, .float(3)),
            (#"{"type":"float","value":1.5}"#, .float(1.5)),
            (#"{"type":"float","value":-2.5E-3}"#, .float(-0.0025)),
            (#"{"type":"float","value":1e22}"#, .float(1e22)),
            (#"{"type":"float","value":1e23}"#, .float(1e23)),
            (#"{"type":"float","value":0.1}"#, .float(0.1)),
            (#"{"type":"float","value":9007199254740993}"#, .float(9007199254740992)),
            (#"{"type":"float","value":123456789012345678901234567890}"#, .float(1.2345678901234568e29)),
            (#"{"type":"float","value":1.7976931348623157e308}"#, .float(.greatestFiniteMagnitude)),
            (#"{"type":"float","value":5e-324}"#, .float(.leastNonzeroMagnitude)),
            (#"{"type":"float","value":1e-400}"#, .float(0)),
            (#"{"type":"float","value":0e99999999999999999999}"#, .float(0)),
            (#"{"type":"float","value":0.00000000000000000000000000001}"#, .float(1e-29)),
            (#"{"type":"text","value":""}"#, .text("")),
            (#"{"type":"text","value":"héllo 🙂"}"#, .text("héllo 🙂")),
            (#"{"type":"text","value":"\"\\\/\b\f\n\r\t\u0000"}"#, .text("\"\\/\u{8}\u{C}\n\r\t\0")),
            (#"{"type":"text","value":"\u00e9\u20AC\uD83D\ude42\uFFFF"}"#, .text("é€🙂\u{FFFF}")),
            (#"{"type":"blob","base64":""}"#, .blob([])),
            (#"{"type":"blob","base64":"AA"}"#, .blob([0])),
            (#"{"type":"blob","base64":"AA=="}"#, .blob([0])),
            (#"{"type":"blob","base64":"AAE"}"#, .blob([0, 1])),
            (#"{"type":"blob","base64":"AAE="}"#, .blob([0, 1])),
            (#"{"type":"blob","base64":"+\/+/"}"#, .blob([0xFB, 0xFF, 0xBF])),
        ] as [(String, Value)])
    func `each kind of value`(text: String, expected: Value) {
        #expect(decodedValue(text) == expected)
    }

    @Test func `minus zero keeps its sign`() {
        guard case .float(let value)? = decodedValue(#"{"type":"float","value":-0}"#) else {
            Issue.record("not a float")
            return
        }
        #expect(value.sign == .minus && value == 0)
    }

    /// Offset of an argument in `refusal(of:)`.
    static let start = 57

    @Test(
        arguments: [
            (#"{"type":"integer","value":12}"#, .message(.expected(.string), at: start + 26)),
            (#"{"type":"integer","value":""}"#, .message(.invalidInteger, at: start + 27)),
            (#"{"type":"integer","value":"-"}"#, .message(.invalidInteger, at: start + 27)),
            (#"{"type":"integer","value":"1.0"}"#, .message(.invalidInteger, at: start + 27)),
            (#"{"type":"integer","value":" 1"}"#, .message(.invalidInteger, at: start + 27)),
            (#"{"type":"integer","value":"9223372036854775808"}"#, .message(.invalidInteger, at: start + 27)),
            (#"{"type":"integer","value":"-9223372036854775809"}"#, .message(.invalidInteger, at: start + 27)),
            (#"{"type":"integer","value":"99999999999999999999"}"#, .message(.invalidInteger, at: start + 27)),
            (#"{"type":"integer"}"#, .message(.missing(.value), at: start + 18)),
            (#"{"type":"float","value":"1.5"}"#, .message(.expected(.number), at: start + 24)),
            (#"{"type":"float","value":null}"#, .message(.expected(.number), at: start + 24)),
            (#"{"type":"float"}"#, .message(.missing(.value), at: start + 16)),
            (#"{"type":"float","value":1e309}"#, .message(.floatOutOfRange, at: start + 24)),
            (#"{"type":"text","value":null}"#, .message(.expected(.string), at: start + 23)),
            (#"{"type":"text","value":[]}"#, .message(.expected(.string), at: start + 23)),
            (#"{"type":"blob","value":"AA"}"#, .message(.missing(.base64), at: start + 28)),
            (#"{"type":"blob","base64":"A"}"#, .message(.invalidBase64, at: start + 25)),
            (#"{"type":"blob","base64":"AA="}"#, .message(.invalidBase64, at: start + 25)),
            (#"{"type":"blob","base64":"AAAA="}"#, .message(.invalidBase64, at: start + 25)),
            (#"{"type":"blob","base64":"A==="}"#, .message(.invalidBase64, at: start + 25)),
            (#"{"type":"blob","base64":"===="}"#, .message(.invalidBase64, at: start + 25)),
            (#"{"type":"blob","base64":"AB"}"#, .message(.invalidBase64, at: start + 25)),
            (#"{"type":"blob","base64":"AAB"}"#, .message(.invalidBase64, at: start + 25)),
            (#"{"type":"blob","base64":"A_-A"}"#, .message(.invalidBase64, at: start + 25)),
            (#"{"type":"blob","base64":"AA\n=="}"#, .message(.invalidBase64, at: start + 25)),
            (#"{"type":"blob","base64":"éAA"}"#, .message(.invalidBase64, at: start + 25)),
            (#"{"type":"boolean"}"#, .message(.unknownValueType, at: start + 1)),
            (#"{"type":"Integer","value":"1"}"#, .message(.unknownValueType, at: start + 1)),
            (#"{"type":""}"#, .message(.unknownValueType, at: start + 1)),
            (#"{"type":5}"#, .message(.expected(.string), at: start + 8)),
            (#"{"value":"1"}"#, .message(.missing(.type), at: start + 13)),
            (#"null"#, .message(.expected(.object), at: start)),
            (#"1"#, .message(.expected(.object), at: start)),
        ] as [(String, HranaDecodingError)])
    func `values that are refused, and where`(text: String, expected: HranaDecodingError) {
        let body = #"{"requests":[{"type":"execute","stmt":{"sql":"","args": [\#(text)]}}]}"#
        #expect(pipelineRefusal(body) == expected)
    }
}

import Hrana
import Testing

@Suite struct RefusalTests {
    @Test(
        arguments: [
            ("", .json(.unexpectedEnd, at: 0)),
            ("  ", .json(.unexpectedEnd, at: 2)),
            ("[]", .message(.expected(.object), at: 0)),
            ("null", .message(.expected(.object), at: 0)),
            ("x", .json(.unexpectedByte, at: 0)),
            ("\u{FEFF}{}", .json(.unexpectedByte, at: 0)),
            ("{}", .message(.missing(.requests), at: 2)),
            (#"{"requests":null}"#, .message(.expected(.array), at: 12)),
            (#"{"requests":{}}"#, .message(.expected(.array), at: 12)),
            (#"{"requests":[]} x"#, .json(.trailingContent, at: 16)),
            (#"{"requests":[]}{}"#, .json(.trailingContent, at: 15)),
            (#"{"requests":[],}"#, .json(.unexpectedByte, at: 15)),
            (#"{,"requests":[]}"#, .json(.unexpectedByte, at: 1)),
            (#"{"requests" []}"#, .json(.unexpectedByte, at: 12)),
            (#"{"requests":[],,"a":1}"#, .json(.unexpectedByte, at: 15)),
            (#"{"requests":[] "a":1}"#, .json(.unexpectedByte, at: 15)),
            (#"{requests:[]}"#, .json(.unexpectedByte, at: 1)),
            (#"{'requests':[]}"#, .json(.unexpectedByte, at: 1)),
            (#"{"requests":[5]}"#, .message(.expected(.object), at: 13)),
            (#"{"requests":[{}]}"#, .message(.missing(.type), at: 15)),
            (#"{"requests":[{"type":"close"},]}"#, .json(.unexpectedByte, at: 30)),
            (#"{"requests":[{"type":"close"}{"type":"close"}]}"#, .json(.unexpectedByte, at: 29)),
            (#"{"requests":[{"type":null}]}"#, .message(.expected(.string), at: 21)),
            (#"{"requests":[{"type":"explode"}]}"#, .message(.unknownRequestType, at: 13)),
            (#"{"requests":[{"type":"a_very_long_type_of_request"}]}"#, .message(.unknownRequestType, at: 13)),
            (#"{"requests":[{"type":"execute"}]}"#, .message(.missing(.stmt), at: 31)),
            (#"{"requests":[{"type":"execute","stmt":null}]}"#, .message(.expected(.object), at: 38)),
            (#"{"requests":[{"type":"execute","stmt":{}}]}"#, .message(.sqlSource, at: 40)),
            (#"{"requests":[{"type":"execute","stmt":{"sql":"","sql_id":1}}]}"#, .message(.sqlSource, at: 59)),
            (#"{"requests":[{"type":"execute","stmt":{"sql":5}}]}"#, .message(.expected(.string), at: 45)),
            (#"{"requests":[{"type":"execute","stmt":{"sql":"","args":{}}}]}"#, .message(.expected(.array), at: 55)),
            (
                #"{"requests":[{"type":"execute","stmt":{"sql":"","want_rows":1}}]}"#,
                .message(.expected(.boolean), at: 60)
            ),
            (
                #"{"requests":[{"type":"execute","stmt":{"sql":"","named_args":[{"value":{"type":"null"}}]}}]}"#,
                .message(.missing(.name), at: 87)
            ),
            (
                #"{"requests":[{"type":"execute","stmt":{"sql":"","named_args":[{"name":"a"}]}}]}"#,
                .message(.missing(.value), at: 74)
            ),
            (#"{"requests":[{"type":"batch"}]}"#, .message(.missing(.batch), at: 29)),
            (#"{"requests":[{"type":"batch","batch":{}}]}"#, .message(.missing(.steps), at: 39)),
            (#"{"requests":[{"type":"batch","batch":{"steps":[{}]}}]}"#, .message(.missing(.stmt), at: 49)),
            (#"{"requests":[{"type":"sequence"}]}"#, .message(.sqlSource, at: 32)),
            (#"{"requests":[{"type":"describe","sql":"","sql_id":1}]}"#, .message(.sqlSource, at: 52)),
            (#"{"requests":[{"type":"store_sql","sql":""}]}"#, .message(.missing(.sqlID), at: 42)),
            (#"{"requests":[{"type":"store_sql","sql_id":1}]}"#, .message(.missing(.sql), at: 44)),
            (#"{"requests":[{"type":"close_sql"}]}"#, .message(.missing(.sqlID), at: 33)),
            (#"{"requests":[{"type":"close_sql","sql_id":1.0}]}"#, .message(.invalidSQLID, at: 42)),
            (#"{"requests":[{"type":"close_sql","sql_id":2147483648}]}"#, .message(.invalidSQLID, at: 42)),
            (#"{"requests":[{"type":"close_sql","sql_id":"1"}]}"#, .message(.expected(.number), at: 42)),
            (#"{"requests":[{"stmt":{"sql":5},"type":"execute"}]}"#, .message(.expected(.string), at: 28)),
        ] as [(String, HranaDecodingError)])
    func `bodies that are refused, and where`(text: String, expected: HranaDecodingError) {
        #expect(pipelineRefusal(text) == expected)
    }

    /// Each as the value of a member that the decoder skips, at offset 17.
    @Test(
        arguments: [
            ("01", .invalidNumber, 17), ("-", .invalidNumber, 18), ("1.", .invalidNumber, 19),
            (".5", .unexpectedByte, 17),
            ("1e", .invalidNumber, 19), ("1e+", .invalidNumber, 20), ("+1", .unexpectedByte, 17),
            ("0x10", .unexpectedByte, 18), ("1_000", .unexpectedByte, 18), ("NaN", .unexpectedByte, 17),
            ("Infinity", .unexpectedByte, 17), ("-Infinity", .invalidNumber, 18), ("--1", .invalidNumber, 18),
            ("tru", .unexpectedByte, 20), ("trUe", .unexpectedByte, 19), ("nul", .unexpectedByte, 20),
            ("[1,]", .unexpectedByte, 20), ("[,]", .unexpectedByte, 18), ("[1 2]", .unexpectedByte, 20),
            ("{\"a\"}", .unexpectedByte, 21), ("{\"a\":}", .unexpectedByte, 22), ("[}", .unexpectedByte, 18),
            ("\"\n\"", .controlCharacter, 18), ("\"\u{1F}\"", .controlCharacter, 18),
            ("\"a\0\"", .controlCharacter, 19),
            ("\"\\x\"", .invalidEscape, 18), ("\"\\u12G4\"", .invalidEscape, 18), ("\"\\u123\"", .invalidEscape, 18),
            ("\"\\ud800\"", .loneSurrogate, 18), ("\"\\udc00\"", .loneSurrogate, 18),
            ("\"\\ud800\\n....\"", .loneSurrogate, 18), ("\"\\ud800\\ud800\"", .loneSurrogate, 18),
            ("\"\\ud800x\\udc00\"", .loneSurrogate, 18), ("", .unexpectedByte, 19),
        ] as [(String, JSONFault, Int)])
    func `JSON that is refused even where it is skipped`(text: String, fault: JSONFault, at: Int) {
        #expect(pipelineRefusal(#"{"strange" :     \#(text)  ,"requests":[]}"#) == .json(fault, at: at))
    }

    @Test(
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x9F, 0x80], [0xE2, 0x82],
            [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x99],
            [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE],
        ] as [[UInt8]])
    func `strings must be UTF-8`(bytes: [UInt8]) {
        for before in 0..<9 {
            let text =
                Array(#"{"requests":[],"x":""#.utf8) + [UInt8](repeating: 0x61, count: before) + bytes
                + Array(#""}"#.utf8)
            #expect(refusal(text, HranaDecoder(version: .three).pipeline) == .json(.invalidUTF8, at: 20 + before))
        }
    }

    @Test func `requests larger than the limits`() {
        let limits = HranaLimits(requests: 2, steps: 1, arguments: 1, sqlBytes: 3, batonBytes: 4, depth: 8)
        func refused(_ text: String) -> HranaDecodingError? { pipelineRefusal(text, limits: limits) }
        let close = #"{"type":"close"}"#
        #expect(refused(#"{"requests":[\#(close),\#(close)]}"#) == nil)
        #expect(refused(#"{"requests":[\#(close),\#(close),\#(close)]}"#) == .limit(.requests, at: 47))
        #expect(refused(#"{"baton":"1234","requests":[]}"#) == nil)
        #expect(refused(#"{"baton":"12345","requests":[]}"#) == .limit(.baton, at: 9))
        #expect(refused(#"{"requests":[{"type":"sequence","sql":"\u0061bc"}]}"#) == nil)
        #expect(refused(#"{"requests":[{"type":"sequence","sql":"abcd"}]}"#) == .limit(.sql, at: 38))
        #expect(refused(#"{"requests":[{"type":"execute","stmt":{"sql":"éé"}}]}"#) == .limit(.sql, at: 45))
        let step = #"{"stmt":{"sql":""}}"#
        #expect(refused(#"{"requests":[{"type":"batch","batch":{"steps":[\#(step)]}}]}"#) == nil)
        #expect(
            refused(#"{"requests":[{"type":"batch","batch":{"steps":[\#(step),\#(step)]}}]}"#) == .limit(.steps, at: 67)
        )
        let null = #"{"type":"null"}"#
        #expect(
            refused(#"{"requests":[{"type":"execute","stmt":{"sql":"","args":[\#(null),\#(null)]}}]}"#)
                == .limit(.arguments, at: 72))
        let named = #"{"name":"a","value":\#(null)}"#
        #expect(
            refused(#"{"requests":[{"type":"execute","stmt":{"sql":"","named_args":[\#(named),\#(named)]}}]}"#)
                == .limit(.arguments, at: 99))
    }

    @Test func `nesting up to the limit, in what is read and in what is skipped`() {
        let limits = HranaLimits(depth: 128)
        func nested(_ levels: Int, _ open: String, _ close: String) -> String {
            #"{"requests":[],"x":"# + String(repeating: open, count: levels) + "0"
                + String(repeating: close, count: levels) + "}"
        }
        #expect(pipelineRefusal(nested(127, "[", "]"), limits: limits) == nil)
        #expect(pipelineRefusal(nested(128, "[", "]"), limits: limits) == .limit(.depth, at: 19 + 127))
        #expect(pipelineRefusal(nested(127, #"{"":"#, "}"), limits: limits) == nil)
        #expect(pipelineRefusal(nested(128, #"{"":"#, "}"), limits: limits) == .limit(.depth, at: 19 + 127 * 4))
        #expect(pipelineRefusal(nested(1_000_000, "[", "]"), limits: limits) == .limit(.depth, at: 19 + 127))
    }

    @Test func `messages are for people and name the place`() {
        #expect(pipelineRefusal("[]")?.message == "Invalid request at byte 0: expected an object")
        #expect(pipelineRefusal("{}")?.message == #"Invalid request at byte 2: "requests" is missing"#)
        #expect(pipelineRefusal("{")?.message == "Invalid JSON at byte 1: the document ends early")
        #expect(
            pipelineRefusal(#"{"baton":"12"}"#, limits: HranaLimits(batonBytes: 1))?.message
                == "Request too large at byte 9: the baton is too long")
    }
}

import Hrana
import Testing

@Suite struct PipelineDecodingTests {
    @Test func `a pipeline of one statement and a close`() {
        let request = pipeline(
            #"{"baton":null,"requests":[{"type":"execute","stmt":{"sql":"SELECT ?","args":[{"type":"integer","value":"42"}]}},{"type":"close"}]}"#
        )
        #expect(
            request
                == PipelineRequest(requests: [
                    .execute(Statement(.text("SELECT ?"), arguments: [.integer(42)])), .close,
                ]))
    }

    static let requests: [(String, StreamRequest)] = [
        (#"{"type":"execute","stmt":{"sql":"SELECT 1"}}"#, .execute(Statement(.text("SELECT 1")))),
        (#"{"type":"execute","stmt":{"sql_id":7}}"#, .execute(Statement(.stored(7)))),
        (#"{"type":"execute","stmt":{"sql_id":-2147483648,"sql":null}}"#, .execute(Statement(.stored(.min)))),
        (
            #"{"type":"execute","stmt":{"sql":"S","args":null,"named_args":null,"want_rows":null}}"#,
            .execute(Statement(.text("S")))
        ),
        (
            #"{"type":"execute","stmt":{"sql":"S","args":[],"named_args":[],"want_rows":false,"replication_index":"5"}}"#,
            .execute(Statement(.text("S"), wantsRows: false))
        ),
        (
            #"{"type":"execute","stmt":{"sql":"S","named_args":[{"name":"a","value":{"type":"null"}},{"value":{"type":"text","value":"x"},"name":":b"}]}}"#,
            .execute(
                Statement(
                    .text("S"),
                    namedArguments: [
                        NamedArgument(name: "a", value: .null), NamedArgument(name: ":b", value: .text("x")),
                    ]))
        ),
        (#"{"type":"batch","batch":{"steps":[]}}"#, .batch(Batch(steps: []))),
        (
            #"{"type":"batch","batch":{"steps":[{"stmt":{"sql":"A"},"condition":null}],"replication_index":null}}"#,
            .batch(Batch(steps: [BatchStep(Statement(.text("A")))]))
        ),
        (#"{"type":"sequence","sql":"A;B"}"#, .sequence(.text("A;B"))),
        (#"{"type":"sequence","sql_id":1}"#, .sequence(.stored(1))),
        (#"{"type":"sequence","sql":""}"#, .sequence(.text(""))),
        (#"{"type":"describe","sql":"A"}"#, .describe(.text("A"))),
        (#"{"type":"describe","sql_id":1}"#, .describe(.stored(1))),
        (#"{"type":"store_sql","sql_id":3,"sql":"A"}"#, .storeSQL(id: 3, sql: "A")),
        (#"{"type":"close_sql","sql_id":3}"#, .closeSQL(id: 3)),
        (#"{"type":"get_autocommit"}"#, .getAutocommit),
        (#"{"type":"close"}"#, .close),
    ]

    @Test(arguments: requests)
    func `each kind of request`(text: String, expected: StreamRequest) {
        #expect(pipeline(#"{"requests":[\#(text)]}"#)?.requests == [expected])
    }

    @Test func `the baton may be absent, null or text`() {
        #expect(pipeline(#"{"requests":[]}"#) == PipelineRequest(requests: []))
        #expect(pipeline(#"{"baton":null,"requests":[]}"#) == PipelineRequest(requests: []))
        #expect(pipeline(#"{"requests":[],"baton":"b\u0061"}"#) == PipelineRequest(baton: "ba", requests: []))
        #expect(pipelineRefusal(#"{"requests":[],"baton":5}"#) == .message(.expected(.string), at: 23))
    }

    @Test func `members come in any order, with space between and strangers among them`() {
        let text = """
             \t\r\n{ "x" : [ { } , [ ] , -1.5e+3 , true , false , null , "\\"" ] , "requests" : [ {
              "y" : { "type" : "close" } , "stmt" : { "args" : [ { "base64" : 5 , "value" : "7" , "type" : "integer" } ] , \
            "z" : "", "sql" : "S" } , "type" : "execute" } , { "sql" : 5 , "type" : "close" } ] , "baton" : "b" }\u{20}
            """
        let expected = PipelineRequest(
            baton: "b", requests: [.execute(Statement(.text("S"), arguments: [.integer(7)])), .close])
        #expect(pipeline(text) == expected)
    }

    @Test func `of two members with the same name the later counts`() {
        let text =
            #"{"requests":[{"type":"close"}],"requests":[{"type":"close","type":"execute","stmt":{"sql":"A","sql":"B","args":[{"type":"null"}],"args":[]}},{"type":"execute","sql":"x","stmt":{"sql":"A"},"type":"describe"}]}"#
        #expect(pipeline(text)?.requests == [.execute(Statement(.text("B"))), .describe(.text("x"))])
        #expect(decodedValue(#"{"type":"null","type":"text","value":1,"value":"b"}"#) == .text("b"))
        #expect(pipeline(#"{"requests":[{"type":"nonsense","type":"close"}]}"#)?.requests == [.close])
    }

    @Test func `names and types may be written with escapes`() {
        let text = #"{"re\u0071uests":[{"\u0074ype":"cl\u006fse"},{"type\u0000":"x","type":"close"}]}"#
        #expect(pipeline(text)?.requests == [.close, .close])
    }

    @Test func `a name is a name only if all of it is the same`() {
        func variants(_ name: String) -> [String] {
            [
                String(name.dropLast()), String(name.dropFirst()), name + "x", name + "\\u0000", name + name,
                name + name.suffix(1), name.uppercased(), name + " ", " " + name, String(name.reversed()),
                name + String(repeating: "_", count: 20),
            ]
        }
        for kind in StreamRequestKind.allCases {
            for name in variants(kind.rawValue) {
                #expect(
                    pipelineRefusal(#"{"requests":[{"type":"\#(name)"}]}"#) == .message(.unknownRequestType, at: 13))
            }
        }
        for name in variants("type") {
            #expect(decodedValue(#"{"\#(name)":"null"}"#) == nil)
            #expect(decodedValue(#"{"\#(name)":"null","type":"null"}"#) == .null)
        }
        for name in variants("requests") {
            #expect(pipeline(#"{"\#(name)":[]}"#) == nil)
        }
        for name in variants("named_args") + variants("args") + variants("want_rows") + variants("sql_id") {
            #expect(
                pipeline(#"{"requests":[{"type":"execute","stmt":{"sql":"","\#(name)":0}}]}"#)?.requests
                    == [.execute(Statement(.text("")))])
        }
    }

    @Test func `version 2 has no get_autocommit and no is_autocommit`() {
        let autocommit = #"{"requests":[{"type":"get_autocommit"}]}"#
        #expect(pipelineRefusal(autocommit, version: .two) == .message(.notInThisVersion, at: 13))
        #expect(pipelineRefusal(autocommit, version: .three) == nil)
        let condition =
            #"{"requests":[{"type":"batch","batch":{"steps":[{"stmt":{"sql":""},"condition":{"type":"is_autocommit"}}]}}]}"#
        #expect(pipelineRefusal(condition, version: .two) == .message(.notInThisVersion, at: 79))
        #expect(pipelineRefusal(condition, version: .three) == nil)
    }

    @Test func `version 1 takes a statement or a batch, without stored SQL`() {
        let decoder = HranaDecoder(version: .one)
        #expect(
            decoding(#"{"stmt":{"sql":"A","args":[{"type":"float","value":3}]}}"#, decoder.execute)
                == Statement(.text("A"), arguments: [.float(3)]))
        #expect(
            decoding(
                #"{"batch":{"steps":[{"stmt":{"sql":"A"}},{"stmt":{"sql":"B"},"condition":{"type":"ok","step":0}}]}}"#,
                decoder.batch)
                == Batch(steps: [
                    BatchStep(Statement(.text("A"))), BatchStep(Statement(.text("B")), condition: .ok(0)),
                ]))
        #expect(refusal(Array(#"{"stmt":{"sql_id":1}}"#.utf8), decoder.execute) == .message(.notInThisVersion, at: 18))
        #expect(refusal(Array("{}".utf8), decoder.execute) == .message(.missing(.stmt), at: 2))
        #expect(refusal(Array("{}".utf8), decoder.batch) == .message(.missing(.batch), at: 2))
    }

    @Test func `a cursor takes a baton and a batch`() {
        let decoder = HranaDecoder(version: .three)
        #expect(
            decoding(#"{"baton":"b","batch":{"steps":[{"stmt":{"sql":"A"}}]}}"#, decoder.cursor)
                == CursorRequest(baton: "b", batch: Batch(steps: [BatchStep(Statement(.text("A")))])))
        #expect(refusal(Array(#"{"baton":null}"#.utf8), decoder.cursor) == .message(.missing(.batch), at: 14))
    }
}

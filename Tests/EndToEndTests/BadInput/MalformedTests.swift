import Processes
import Testing

/// Bodies that are no JSON, or not the JSON that was expected.
@Suite(.serialized) struct MalformedTests {
    /// In place of one of a pipeline's requests, behind one that would delete everything.
    static let requests = [
        "null", "1", "true", "\"x\"", "[]", "{}", #"{"type":null}"#, #"{"type":1}"#, #"{"type":"nope"}"#,
        #"{"type":"EXECUTE"}"#, #"{"type":"execute"}"#, #"{"type":"execute","stmt":null}"#,
        #"{"type":"execute","stmt":"SELECT 1"}"#, #"{"type":"execute","stmt":{}}"#,
        #"{"type":"execute","stmt":{"sql":1}}"#, #"{"type":"execute","stmt":{"sql":"SELECT 1","sql_id":1}}"#,
        #"{"type":"execute","stmt":{"sql_id":"1"}}"#, #"{"type":"execute","stmt":{"sql_id":2147483648}}"#,
        #"{"type":"execute","stmt":{"sql_id":1.5}}"#, #"{"type":"execute","stmt":{"sql_id":7}}"#,
        #"{"type":"execute","stmt":{"sql":"SELECT 1","want_rows":"yes"}}"#,
        #"{"type":"execute","stmt":{"sql":"SELECT 1","args":{}}}"#,
        #"{"type":"execute","stmt":{"sql":"SELECT 1","named_args":{}}}"#,
        #"{"type":"execute","stmt":{"sql":"SELECT 1","named_args":[{"value":{"type":"null"}}]}}"#,
        #"{"type":"execute","stmt":{"sql":"SELECT 1","named_args":[{"name":"a"}]}}"#,
        #"{"type":"batch"}"#, #"{"type":"batch","batch":{}}"#, #"{"type":"batch","batch":{"steps":null}}"#,
        #"{"type":"batch","batch":{"steps":[{}]}}"#, #"{"type":"batch","batch":{"steps":[null]}}"#,
        #"{"type":"sequence"}"#, #"{"type":"sequence","sql":[]}"#, #"{"type":"describe"}"#,
        #"{"type":"describe","sql_id":9}"#, #"{"type":"store_sql","sql":"SELECT 1"}"#,
        #"{"type":"store_sql","sql_id":1}"#, #"{"type":"store_sql","sql_id":{},"sql":"SELECT 1"}"#,
        #"{"type":"store_sql","sql_id":1,"sql":"SELECT 1"},{"type":"store_sql","sql_id":1,"sql":"SELECT 2"}"#,
        #"{"type":"close_sql"}"#, #"{"type":"close"},{"type":"execute","stmt":{"sql":"SELECT 1"}}"#,
    ]

    static let values = [
        "null", "1", "\"x\"", "[]", "{}", #"{"type":"blob"}"#, #"{"type":"text"}"#, #"{"type":"integer"}"#,
        #"{"type":"integer","value":1}"#, #"{"type":"integer","value":""}"#, #"{"type":"integer","value":"1.5"}"#,
        #"{"type":"integer","value":" 1"}"#, #"{"type":"integer","value":"0x1"}"#,
        #"{"type":"integer","value":"9223372036854775808"}"#, #"{"type":"float","value":"1"}"#,
        #"{"type":"float","value":1e400}"#, #"{"type":"float","value":null}"#, #"{"type":"float","value":NaN}"#,
        #"{"type":"text","value":1}"#, #"{"type":"blob","base64":"!!"}"#, #"{"type":"blob","base64":"A"}"#,
        #"{"type":"boolean","value":true}"#,
    ]

    static let conditions = [
        "1", "[]", "{}", #"{"type":"nope"}"#, #"{"type":"ok"}"#, #"{"type":"ok","step":"0"}"#,
        #"{"type":"ok","step":1}"#, #"{"type":"error","step":-1}"#, #"{"type":"ok","step":4294967296}"#,
        #"{"type":"not"}"#, #"{"type":"not","cond":null}"#, #"{"type":"and"}"#, #"{"type":"or","conds":{}}"#,
        #"{"type":"and","conds":[{}]}"#,
    ]

    /// Whole bodies.
    static let bodies = [
        "", " ", "null", "1", "[]", "\"requests\"", "{", "}", "{}", #"{"requests":null}"#, #"{"requests":{}}"#,
        #"{"requests":"SELECT 1"}"#, #"{"baton":1,"requests":[]}"#, #"{"baton":{},"requests":[]}"#,
        "{'requests':[]}", "{requests:[]}", #"{"requests":[],}"#, #"{"requests":[,]}"#, "{\"requests\":[]}\0",
        #"{"requests":[]}{"requests":[]}"#, #"{"requests":[]} x"#, "\u{FEFF}{\"requests\":[]}",
        "// no comment\n{\"requests\":[]}",
    ]

    /// In place of an SQL text, quotes included.
    static let texts: [[UInt8]] = [
        Array(#""\x41""#.utf8), Array(#""\u12""#.utf8), Array(#""\ud800""#.utf8), Array(#""\udc00\ud800""#.utf8),
        Array("\"a\nb\"".utf8), Array("\"a\0b\"".utf8), [0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22],
        [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22], Array("'SELECT 1'".utf8),
        Array("\"SELECT 1".utf8),
    ]

    @Test func `a pipeline that is not one is refused before anything of it runs`() throws {
        let siege = try Siege()
        let single = { (request: String) in "{\"requests\":[\(Raw.delete),\(request)]}" }
        var bodies = Self.bodies + Self.requests.map(single)
        bodies += Self.values.map { single("{\"type\":\"execute\",\"stmt\":{\"sql\":\"SELECT ?\",\"args\":[\($0)]}}") }
        bodies += Self.conditions.map { condition in
            let steps = "{\"stmt\":{\"sql\":\"SELECT 1\"}},{\"stmt\":{\"sql\":\"SELECT 1\"},\"condition\":\(condition)}"
            return single("{\"type\":\"batch\",\"batch\":{\"steps\":[\(steps)]}}")
        }
        let whole = single(#"{"type":"execute","stmt":{"sql":"SELECT ?","args":[{"type":"text","value":"ü\n"}]}}"#)
        bodies += (1..<whole.unicodeScalars.count).map {
            String(String.UnicodeScalarView(whole.unicodeScalars.prefix($0)))
        }
        try siege.put(bodies.map { Bad("\($0)", Raw.pipeline($0), 400, .plain) })
        try siege.put(
            Self.texts.map { text in
                let body =
                    Array("{\"requests\":[\(Raw.delete),{\"type\":\"sequence\",\"sql\":".utf8) + text
                    + Array("}]}".utf8)
                return Bad("\(text)", Raw.post("/t/acme/v3/pipeline", bytes: body), 400, .plain)
            })
        try siege.expectUntouched()
    }

    @Test func `so are the other programs`() throws {
        let siege = try Siege()
        let step = #"{"stmt":{"sql":"DELETE FROM t"}}"#
        let cases: [(String, [String])] = [
            ("v2/pipeline", [#"{"requests":[\#(Raw.delete),{"type":"get_autocommit"}]}"#, "{"]),
            (
                "v3/cursor",
                [
                    "", "{}", #"{"batch":null}"#, #"{"batch":{"steps":{}}}"#, #"{"batch":{"steps":[\#(step),{}]}}"#,
                    #"{"batch":{"steps":[\#(step),{"stmt":{"sql_id":1}}]}}"#, #"{"baton":7,"batch":{"steps":[]}}"#,
                    #"{"batch":{"steps":[\#(step),{"stmt":{"sql":"SELECT 1"},"condition":{"type":"ok","step":1}}]}}"#,
                ]
            ),
            (
                "v1/execute",
                ["", "{}", "[]", #"{"stmt":1}"#, #"{"stmt":{"sql_id":1}}"#, #"{"stmt":{"sql":"DELETE FROM t"}"#]
            ),
            (
                "v1/batch",
                ["", "{}", #"{"batch":{}}"#, #"{"batch":{"steps":[\#(step),{"stmt":{"sql_id":1}}]}}"#, "{\"batch\":["]
            ),
        ]
        for (path, bodies) in cases {
            try siege.put(bodies.map { Bad("\(path) \($0)", Raw.post("/t/acme/\(path)", $0), 400, .plain) })
        }
        try siege.expectUntouched()
    }

    @Test func `and the control plane's bodies and queries`() throws {
        let siege = try Siege()
        let create: [(String, String)] = [
            ("", "bad_request"), ("{", "bad_request"), ("[]", "bad_request"), ("1", "bad_request"),
            ("{}", "bad_request"), (#"{"key":1}"#, "bad_request"), (#"{"key":null}"#, "bad_request"),
            (#"{"key":"n","labels":[]}"#, "bad_request"), (#"{"key":"n","labels":{"a":1}}"#, "bad_request"),
            (#"{"key":"n","quotas":{"bytes":"1"}}"#, "bad_request"), (#"{"key":"n"} x"#, "bad_request"),
            (#"{"key":"n","schema":"none"}"#, "config_invalid"), (#"{"key":"n","schema":7}"#, "bad_request"),
            (#"{"key":"n","durability":"replicated"}"#, "durability_unavailable"), (#"{"key":""}"#, "key_invalid"),
            (#"{"key":"."}"#, "key_invalid"), (#"{"key":".."}"#, "key_invalid"),
            (#"{"key":"a\u0000b"}"#, "key_invalid"),
            (#"{"key":"a\nb"}"#, "key_invalid"), ("{\"key\":\"\(String(repeating: "k", count: 129))\"}", "key_invalid"),
        ]
        try siege.put(create.map { Bad("create \($0.0)", Raw.post("/v1/tenants", $0.0), 400, .control($0.1)) })
        let patch: [(String, String)] = [
            (#"{"state":"gone"}"#, "bad_request"), (#"{"key":"renamed","state":"gone"}"#, "bad_request"),
            (#"{"key":"renamed","pin":"no node!"}"#, "bad_request"), (#"{"key":"."}"#, "key_invalid"),
            (#"{"labels":"x"}"#, "bad_request"), (#"{"state":1}"#, "bad_request"),
        ]
        try siege.put(
            patch.map {
                Bad("patch \($0.0)", Raw.post("/v1/tenants/other", $0.0, method: "PATCH"), 400, .control($0.1))
            })
        let tokens = [
            #"{"access":"root"}"#, #"{"expiresIn":"soon"}"#, #"{"expiresIn":"0s"}"#, #"{"expiresIn":3600}"#, "x",
        ]
        try siege.put(
            tokens.map { Bad("token \($0)", Raw.post("/v1/tenants/acme/tokens", $0), 400, .control("bad_request")) })
        let queries = [
            "limit=0", "limit=1001", "limit=ten", "limit=", "limit=-1", "limit=1&limit=2", "cursor=%zz", "cursor=%ff",
            "prefix=%", "cursor=.", "cursor=Lg", "cursor=_w", "prefix=%C0%AF",
        ]
        try siege.put(queries.map { Bad($0, Raw.get("/v1/tenants?" + $0), 400, .control("bad_request")) })
        try siege.put([
            Bad(
                "purge=yes", Raw.get("/v1/tenants/acme?purge=yes", method: "DELETE"), 400, .control("bad_request"))
        ])
        try siege.expectUntouched()
    }
}

import Terminal
import Testing

struct CallTests {
    private func arguments(_ texts: [String], asText: Bool = false) -> [String] {
        QueryCall(sql: "", arguments: texts, asText: asText).arguments.map { $0.text() }
    }

    @Test func `Arguments are bound as what they look like`() {
        #expect(
            arguments([
                "7", "-9223372036854775808", "1.5", "NULL", "null", "007", "+1", "1e5", "inf", "",
                "9223372036854775808",
            ])
                == [
                    #"{"type":"integer","value":"7"}"#, #"{"type":"integer","value":"-9223372036854775808"}"#,
                    #"{"type":"float","value":1.5}"#, #"{"type":"null"}"#, #"{"type":"text","value":"null"}"#,
                    #"{"type":"text","value":"007"}"#, #"{"type":"text","value":"+1"}"#,
                    #"{"type":"text","value":"1e5"}"#, #"{"type":"text","value":"inf"}"#,
                    #"{"type":"text","value":""}"#, #"{"type":"text","value":"9223372036854775808"}"#,
                ])
        #expect(arguments(["7"], asText: true) == [#"{"type":"text","value":"7"}"#])
    }

    @Test func `The call executes and closes`() {
        let body = QueryCall(sql: "SELECT ?", arguments: ["1"], asText: false).body
        #expect(body["requests"]?.array?.map { $0["type"]?.string } == ["execute", "close"])
        #expect(body["requests"]?.array?.first?["stmt"]?["sql"]?.string == "SELECT ?")
    }

    @Test func `Rows become a table and plain JSON`() throws {
        let body = try #require(
            JSONValue(
                parsing: Array(
                    """
                    {"baton":null,"results":[{"type":"ok","response":{"type":"execute","result":{
                    "cols":[{"name":"n"},{"name":"t"},{"name":null}],"affected_row_count":0,"last_insert_rowid":null,
                    "rows":[[{"type":"integer","value":"9007199254740993"},{"type":"text","value":"a\\nb"},
                    {"type":"blob","base64":"AAE"}],[{"type":"null"},{"type":"float","value":2.5},{"type":"null"}]]}}}]}
                    """.utf8)))
        let answer = try QueryAnswer(body)
        #expect(
            answer.text(width: nil) == """
                               n  t
                9007199254740993  a␊b  base64:AAE
                            NULL  2.5  NULL
                (2 rows)

                """)
        #expect(
            answer.json.text()
                == #"{"columns":["n","t",""],"lastInsertRowID":null,"rows":[["9007199254740993","a\nb",{"base64":"AAE"}],[null,2.5,null]],"rowsAffected":0}"#
        )
    }

    @Test func `A failed statement is a failure with its code`() throws {
        let body = try #require(
            JSONValue(
                parsing: Array(
                    #"{"results":[{"type":"error","error":{"message":"no such table: x","code":"SQLITE_UNKNOWN"}}]}"#
                        .utf8)))
        #expect(throws: CommandFailure(.failed, "no such table: x (SQLITE_UNKNOWN)")) { try QueryAnswer(body) }
        #expect(throws: CommandFailure.self) { try QueryAnswer(.object([:])) }
    }

    @Test func `Keys with any characters stay one segment`() {
        #expect(RequestPath.build(["t", "a/b ?é", "v3"]) == "/t/a%2Fb%20%3F%C3%A9/v3")
        #expect(
            RequestPath.build(["v1", "tenants"], query: [("prefix", "a&b"), ("cursor", nil), ("limit", "5")])
                == "/v1/tenants?prefix=a%26b&limit=5")
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"), ("https://a.example/base", "https://a.example/base"),
        ("127.0.0.1:8080", nil), ("ftp://a", nil), ("http://", nil), ("http:///a", nil), ("http://a?b", nil),
        ("http://user@a", nil), ("http://a b", nil),
    ])
    func `Only an address of a node is taken as one`(url: String, base: String?) {
        #expect(RequestPath.base(url) == base)
    }
}

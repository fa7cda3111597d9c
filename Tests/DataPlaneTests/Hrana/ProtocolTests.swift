import DataPlane
import Hrana
import Tenants
import Testing
import Vocabulary

/// Violations of the protocol: the whole request fails, nothing of it has run, and the stream is gone.
@Suite struct ProtocolTests {
    @Test func `a violation anywhere in a request keeps all of it from running`() async throws {
        let house = try await HranaHouse()
        let insert = HranaHouse.execute("INSERT INTO t(v) VALUES (1)")
        let cases: [[String]] = [
            [insert, #"{"type":"close"}"#, #"{"type":"close"}"#],
            [insert, #"{"type":"close"}"#, insert],
            [insert, #"{"type":"execute","stmt":{"sql_id":3}}"#],
            [insert, #"{"type":"describe","sql_id":3}"#],
            [insert, #"{"type":"sequence","sql_id":3}"#],
            [insert, #"{"type":"batch","batch":{"steps":[{"stmt":{"sql_id":3}}]}}"#],
            [insert, #"{"type":"store_sql","sql_id":3,"sql":"x"}"#, #"{"type":"store_sql","sql_id":3,"sql":"y"}"#],
            [
                insert, #"{"type":"store_sql","sql_id":3,"sql":"x"}"#, #"{"type":"close_sql","sql_id":3}"#,
                #"{"type":"execute","stmt":{"sql_id":3}}"#,
            ],
        ]
        for requests in cases {
            let opened = await house.execute("SELECT 1")
            let reply = await house.pipeline(
                "{\"baton\":\"\(opened.baton!)\",\"requests\":[\(requests.joined(separator: ","))]}")
            #expect(reply.status == 400, "\(requests) \(reply.body)")
            #expect(reply.contentType == "text/plain")
        }
        #expect(await house.execute("SELECT count(*) FROM t").value == "0")
        try house.stop()
    }

    @Test func `a violation ends the stream with what was open on it`() async throws {
        let house = try await HranaHouse()
        let opened = await house.ask(
            nil, HranaHouse.execute("BEGIN"), HranaHouse.execute("INSERT INTO t(v) VALUES (1)"))
        let bad = await house.ask(opened.baton, #"{"type":"execute","stmt":{"sql_id":3}}"#)
        #expect(bad.status == 400)
        let after = await house.execute("SELECT 1", on: opened.baton)
        #expect(after.status == 400 && after.contentType == "text/plain")
        #expect(await house.execute("SELECT count(*) FROM t").value == "0")
        try house.stop()
    }

    @Test func `too many and too long texts are refused one by one`() async throws {
        let house = try await HranaHouse { _, limits in
            limits.storedTexts = 2
            limits.storedTextBytes = 20
        }
        func store(_ id: Int, _ sql: String) -> String { #"{"type":"store_sql","sql_id":\#(id),"sql":"\#(sql)"}"# }
        let reply = await house.ask(
            nil, store(1, "SELECT 1"), store(2, "SELECT 123456789012345"), store(3, "SELECT 3"), store(4, "SELECT 4"),
            #"{"type":"close_sql","sql_id":1}"#, store(4, "SELECT 5"), #"{"type":"execute","stmt":{"sql_id":4}}"#)
        #expect(reply.code(1) == "SQL_STORE_TOO_LARGE")
        #expect(reply.code(3) == "SQL_STORE_TOO_MANY")
        #expect(reply.result(6)["rows"][0][0]["value"].string == "5", "\(reply.body)")
        let lost = await house.ask(nil, store(2, "SELECT 123456789012345"), #"{"type":"execute","stmt":{"sql_id":2}}"#)
        #expect(lost.status == 400)
        try house.stop()
    }

    @Test func `what does not decode is a plain 400`() async throws {
        let house = try await HranaHouse()
        for body in ["", "{", "[]", #"{"requests":[{"type":"nonsense"}]}"#, #"{"requests":[{"type":"execute"}]}"#] {
            let reply = await house.pipeline(body)
            #expect(reply.status == 400 && reply.contentType == "text/plain", "\(body)")
        }
        let tooNew = await house.pipeline(#"{"requests":[{"type":"get_autocommit"}]}"#, version: .two)
        #expect(tooNew.status == 400)
        try house.stop()
    }
}

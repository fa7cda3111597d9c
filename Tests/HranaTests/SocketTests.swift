import Hrana
import Testing

/// Messages of WebSockets, in both forms. The bytes of the second were written by Google's implementation.
struct SocketTests {
    static let statement = Statement(.text("S"))
    static let batch = Batch(steps: [BatchStep(statement)])
    static let messages: [(SocketMessage, json: String, protobuf: String)] = [
        (.hello(token: "tok"), #"{"type":"hello","jwt":"tok"}"#, "0a050a03746f6b"),
        (.hello(token: nil), #"{"type":"hello","jwt":null}"#, "0a00"),
        (
            .request(id: -1, .openStream(7)),
            #"{"type":"request","request_id":-1,"request":{"type":"open_stream","stream_id":7}}"#,
            "120f08ffffffffffffffffff0112020807"
        ),
        (
            .request(id: 2, .closeStream(7)),
            #"{"request":{"stream_id":7,"type":"close_stream"},"request_id":2,"type":"request"}"#, "120608021a020807"
        ),
        (
            .request(id: 3, .onStream(7, .execute(statement))),
            #"{"type":"request","request_id":3,"request":{"type":"execute","stream_id":7,"stmt":{"sql":"S"}}}"#,
            "120b08032207080712030a0153"
        ),
        (
            .request(id: 4, .onStream(7, .batch(batch))),
            #"{"type":"request","request_id":4,"request":{"type":"batch","stream_id":7,"batch":{"steps":[{"stmt":{"sql":"S"}}]}}}"#,
            "120f08042a0b080712070a0512030a0153"
        ),
        (
            .request(id: 5, .openCursor(9, stream: 7, batch)),
            #"{"type":"request","request_id":5,"request":{"type":"open_cursor","stream_id":7,"cursor_id":9,"batch":{"steps":[{"stmt":{"sql":"S"}}]}}}"#,
            "12110805320d080710091a070a0512030a0153"
        ),
        (
            .request(id: 6, .closeCursor(9)),
            #"{"type":"request","request_id":6,"request":{"type":"close_cursor","cursor_id":9}}"#, "120608063a020809"
        ),
        (
            .request(id: 7, .fetchCursor(9, count: 4_000_000_000)),
            #"{"type":"request","request_id":7,"request":{"type":"fetch_cursor","cursor_id":9,"max_count":4000000000}}"#,
            "120c0807420808091080d0acf30e"
        ),
        (
            .request(id: 8, .onStream(7, .sequence(.text("S")))),
            #"{"type":"request","request_id":8,"request":{"type":"sequence","stream_id":7,"sql":"S","x":[{}]}}"#,
            "120908084a050807120153"
        ),
        (
            .request(id: 9, .onStream(7, .describe(.stored(1)))),
            #"{"type":"request","request_id":9,"request":{"type":"describe","stream_id":7,"sql_id":1}}"#,
            "12080809520408071801"
        ),
        (
            .request(id: 10, .storeSQL(id: 1, sql: "S")),
            #"{"type":"request","request_id":10,"request":{"type":"store_sql","sql_id":1,"sql":"S"}}"#,
            "1209080a5a050801120153"
        ),
        (
            .request(id: 11, .closeSQL(id: 1)),
            #"{"type":"request","request_id":11,"request":{"type":"close_sql","sql_id":1}}"#, "1206080b62020801"
        ),
        (
            .request(id: 12, .onStream(0, .getAutocommit)),
            #"{"type":"request","request_id":12,"request":{"type":"get_autocommit","stream_id":0}}"#, "1204080c6a00"
        ),
    ]

    @Test(arguments: messages.indices)
    func `a message reads the same in both forms`(index: Int) throws {
        let (message, json, protobuf) = Self.messages[index]
        #expect(decoding(json, HranaDecoder(version: .three).socketMessage) == message)
        let bytes = ProtobufDecodingTests.bytes(hex: protobuf)
        #expect(try bytes.withUnsafeBytes { outcome($0, ProtobufDecoder().socketMessage) }.get() == message)
    }

    @Test func `each version refuses what came later`() {
        for (message, json, _) in Self.messages {
            guard case .request(_, let request) = message else { continue }
            for version in [HranaVersion.one, .two] {
                let error = refusal(Array(json.utf8), HranaDecoder(version: version).socketMessage)
                #expect((error == nil) == (request.kind.since <= version), "\(request.kind) in \(version)")
            }
        }
    }

    @Test(arguments: [
        "{}", "[]", #"{"type":"bye"}"#, #"{"type":"request"}"#, #"{"type":"request","request_id":1}"#,
        #"{"type":"request","request_id":1,"request":{}}"#,
        #"{"type":"request","request_id":1,"request":{"type":"close"}}"#,
        #"{"type":"request","request_id":2147483648,"request":{"type":"open_stream","stream_id":1}}"#,
        #"{"type":"request","request_id":1,"request":{"type":"open_stream","stream_id":1.5}}"#,
        #"{"type":"request","request_id":1,"request":{"type":"open_stream"}}"#,
        #"{"type":"request","request_id":1,"request":{"type":"execute","stream_id":1}}"#,
        #"{"type":"request","request_id":1,"request":{"type":"fetch_cursor","cursor_id":1,"max_count":-1}}"#,
        #"{"type":"hello"} x"#,
    ])
    func `what is no message is refused`(json: String) {
        #expect(refusal(Array(json.utf8), HranaDecoder(version: .three).socketMessage) != nil)
    }

    @Test func `answers in JSON`() {
        #expect(written { $0.helloOK() } == #"{"type":"hello_ok"}"#)
        #expect(
            written { $0.helloError(HranaError("no", code: nil)) }
                == #"{"type":"hello_error","error":{"message":"no","code":null}}"#)
        #expect(
            written { $0.emptySocketResult(-1, of: .openStream) }
                == #"{"type":"response_ok","request_id":-1,"response":{"type":"open_stream"}}"#)
        #expect(
            written { $0.socketError(7, HranaError("no", code: "C")) }
                == #"{"type":"response_error","request_id":7,"error":{"message":"no","code":"C"}}"#)
        let entries =
            #"[{"type":"step_begin","step":1,"cols":[]},{"type":"row","row":[{"type":"integer","value":"7"}]},"#
            + #"{"type":"step_end","affected_row_count":1,"last_insert_rowid":null}]"#
        let fetched = written { writer in
            writer.startFetchedEntries(5)
            writer.startCursorStep(1)
            writer.endCursorStepColumns()
            writer.startCursorRow()
            writer.integerValue(7)
            writer.endCursorRow()
            writer.cursorStepEnd(affectedRows: 1, lastInsertRowID: nil)
            writer.finishFetchedEntries(isDone: true)
        }
        #expect(
            fetched
                == #"{"type":"response_ok","request_id":5,"response":{"type":"fetch_cursor","entries":\#(entries),"done":true}}"#
        )
    }

    @Test func `answers in Protocol Buffers`() {
        #expect(protobuf { $0.helloOK() } == "0a00")
        #expect(protobuf { $0.helloError(HranaError("no", code: nil)) } == "12060a040a026e6f")
        #expect(protobuf { $0.emptySocketResult(-1, of: .openStream) } == "1a0d08ffffffffffffffffff011200")
        #expect(
            protobuf { writer in
                writer.startSocketResult(3, of: .execute)
                writer.startStatementResult()
                writer.finishStatementResult(
                    StatementSummary(affectedRows: 1, rowsRead: 1, rowsWritten: 1, nanoseconds: 1_000_000))
                writer.finishSocketResult()
            } == "1a15080322110a0f18013001380141000000000000f03f")
        #expect(
            protobuf { writer in
                writer.startFetchedEntries(5)
                writer.startCursorStep(1)
                writer.endCursorStepColumns()
                writer.startCursorRow()
                writer.integerValue(7)
                writer.endCursorRow()
                writer.cursorStepEnd(affectedRows: 1, lastInsertRowID: nil)
                writer.finishFetchedEntries(isDone: true)
            } == "1a1a080542160a040a0208010a0622040a02100e0a04120208011001")
        #expect(protobuf { $0.socketError(7, HranaError("no", code: "C")) } == "220b080712070a026e6f120143")
    }

    private func protobuf(_ body: (inout ProtobufWriter) -> Void) -> String {
        var writer = ProtobufWriter()
        body(&writer)
        return Array(writer.bytes.bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

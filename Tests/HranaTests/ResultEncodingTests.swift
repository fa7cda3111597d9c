import Foundation
import Hrana
import Testing

extension JSONWriter {
    fileprivate mutating func column(_ name: String?, _ type: String?) {
        let name = name.map { Array($0.utf8) }
        let type = type.map { Array($0.utf8) }
        func with(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Void) {
            if let bytes { bytes.withUnsafeBytes { body($0) } } else { body(nil) }
        }
        with(name) { name in with(type) { type in self.column(name: name, declaredType: type) } }
    }

    /// Two columns, one row.
    fileprivate mutating func sampleResult() {
        startStatementResult()
        column("id", "INTEGER")
        column("a\"b", nil)
        startRows()
        startRow()
        integerValue(1)
        nullValue()
        endRow()
        finishStatementResult(
            StatementSummary(
                affectedRows: 2, lastInsertRowID: -3, rowsRead: 4, rowsWritten: 5, nanoseconds: 6_007_000))
    }

    fileprivate mutating func emptyStatementResult() {
        startStatementResult()
        startRows()
        finishStatementResult(StatementSummary())
    }
}

private let sample =
    #"{"cols":[{"name":"id","decltype":"INTEGER"},{"name":"a\"b","decltype":null}],"rows":[[{"type":"integer","value":"1"},{"type":"null"}]],"affected_row_count":2,"last_insert_rowid":"-3","replication_index":null,"rows_read":4,"rows_written":5,"query_duration_ms":6.007}"#
private let empty =
    #"{"cols":[],"rows":[],"affected_row_count":0,"last_insert_rowid":null,"replication_index":null,"rows_read":0,"rows_written":0,"query_duration_ms":0.000}"#

@Suite struct ResultEncodingTests {
    @Test func `a pipeline of each kind of result`() {
        let text = written { writer in
            writer.startPipeline(baton: "b\"", baseURL: nil)
            writer.startResult(of: .execute)
            writer.sampleResult()
            writer.finishResult()
            for kind in [StreamRequestKind.sequence, .storeSQL, .closeSQL] { writer.emptyResult(of: kind) }
            writer.autocommitResult(true)
            writer.errorResult(HranaError("no such table: t", code: "SQLITE_UNKNOWN"))
            writer.errorResult(HranaError("no code", code: nil))
            writer.emptyResult(of: .close)
            writer.finishPipeline()
        }
        #expect(
            text
                == #"{"baton":"b\"","base_url":null,"results":[{"type":"ok","response":{"type":"execute","result":\#(sample)}},"#
                + #"{"type":"ok","response":{"type":"sequence"}},{"type":"ok","response":{"type":"store_sql"}},"#
                + #"{"type":"ok","response":{"type":"close_sql"}},"#
                + #"{"type":"ok","response":{"type":"get_autocommit","is_autocommit":true}},"#
                + #"{"type":"error","error":{"message":"no such table: t","code":"SQLITE_UNKNOWN"}},"#
                + #"{"type":"error","error":{"message":"no code","code":null}},"#
                + #"{"type":"ok","response":{"type":"close"}}]}"#)
        #expect(parsed(text) != nil)
    }

    @Test func `a pipeline whose baton is known last`() {
        let text = written { writer in
            writer.startPipeline()
            writer.finishPipeline(baton: nil, baseURL: "http://n1/")
        }
        #expect(text == #"{"results":[],"baton":null,"base_url":"http://n1/"}"#)
    }

    @Test func `a result without columns and rows`() {
        #expect(written { $0.emptyStatementResult() } == empty)
    }

    @Test func `a batch: a step that worked, one skipped, one that failed half-way, and one more`() {
        let text = written { writer in
            writer.startPipeline(baton: nil, baseURL: nil)
            writer.startResult(of: .batch)
            writer.startBatchResult()
            writer.sampleResult()
            writer.noStepResult()
            let mark = writer.bytes.count
            writer.startStatementResult()
            writer.column("x", nil)
            writer.startRows()
            writer.startRow()
            writer.integerValue(1)
            writer.bytes.truncate(to: mark)
            writer.noStepResult()
            writer.emptyStatementResult()
            writer.finishBatchResult(errors: [nil, nil, HranaError("e", code: "SQLITE_TOOBIG"), nil])
            writer.finishResult()
            writer.finishPipeline()
        }
        let batch =
            #"{"step_results":[\#(sample),null,null,\#(empty)],"step_errors":[null,null,{"message":"e","code":"SQLITE_TOOBIG"},null],"replication_index":null}"#
        #expect(
            text
                == #"{"baton":null,"base_url":null,"results":[{"type":"ok","response":{"type":"batch","result":\#(batch)}}]}"#
        )
        #expect(
            written {
                $0.startBatchResult(); $0.finishBatchResult(errors: [])
            }
                == #"{"step_results":[],"step_errors":[],"replication_index":null}"#)
    }

    @Test func `wherever a result is cut off, an error can take its place`() {
        var whole = JSONWriter()
        whole.startPipeline(baton: nil, baseURL: nil)
        whole.emptyResult(of: .sequence)
        let mark = whole.bytes.count
        whole.startResult(of: .execute)
        whole.sampleResult()
        whole.finishResult()
        let bytes = Array(whole.bytes.bytes)
        let error = HranaError("m", code: nil)
        for count in mark...bytes.count {
            var writer = JSONWriter()
            bytes[..<count].withUnsafeBytes { writer.bytes.append($0) }
            writer.bytes.truncate(to: mark)
            writer.errorResult(error)
            writer.finishPipeline()
            let text = String(decoding: writer.bytes.bytes, as: UTF8.self)
            #expect(text.hasSuffix(#"{"type":"sequence"}},{"type":"error","error":{"message":"m","code":null}}]}"#))
        }
    }

    @Test func `a description`() {
        let text = written { writer in
            writer.startResult(of: .describe)
            writer.startDescription()
            writer.parameter(name: nil)
            Array("?5".utf8).withUnsafeBytes { writer.parameter(name: $0) }
            writer.startDescriptionColumns()
            writer.column("c", "TEXT")
            writer.finishDescription(isExplain: false, isReadOnly: true)
            writer.finishResult()
        }
        #expect(
            text
                == #"{"type":"ok","response":{"type":"describe","result":{"params":[{"name":null},{"name":"?5"}],"cols":[{"name":"c","decltype":"TEXT"}],"is_explain":false,"is_readonly":true}}}"#
        )
    }

    @Test func `column names that are not UTF-8 are mended`() {
        let text = written { writer in
            writer.startStatementResult()
            [0x61, 0xFF].withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
                let name = UnsafeRawBufferPointer(rebasing: bytes[..<1])
                writer.column(name: name, declaredType: nil)
            }
            [UInt8(0xFF)].withUnsafeBytes { writer.column(name: $0, declaredType: $0) }
        }
        #expect(text == #"{"cols":[{"name":"a","decltype":null},{"name":"\#u{FFFD}","decltype":"\#u{FFFD}"}"#)
    }

    @Test func `the lines of a cursor`() {
        let text = written { writer in
            writer.cursorHead(baton: "b", baseURL: nil)
            writer.startCursorStep(0)
            writer.column("a", nil)
            writer.column("b", nil)
            writer.endCursorStepColumns()
            for number: Int64 in 1...2 {
                writer.startCursorRow()
                writer.integerValue(number)
                writer.nullValue()
                writer.endCursorRow()
            }
            writer.cursorStepEnd(affectedRows: 0, lastInsertRowID: nil)
            writer.startCursorStep(2)
            writer.endCursorStepColumns()
            writer.cursorStepEnd(affectedRows: 1, lastInsertRowID: 9)
            writer.cursorStepError(3, HranaError("m", code: "SQLITE_BUSY"))
            writer.cursorError(HranaError("gone", code: "STREAM_EXPIRED"))
        }
        #expect(
            text == """
                {"baton":"b","base_url":null}
                {"type":"step_begin","step":0,"cols":[{"name":"a","decltype":null},{"name":"b","decltype":null}]}
                {"type":"row","row":[{"type":"integer","value":"1"},{"type":"null"}]}
                {"type":"row","row":[{"type":"integer","value":"2"},{"type":"null"}]}
                {"type":"step_end","affected_row_count":0,"last_insert_rowid":null}
                {"type":"step_begin","step":2,"cols":[]}
                {"type":"step_end","affected_row_count":1,"last_insert_rowid":"9"}
                {"type":"step_error","step":3,"error":{"message":"m","code":"SQLITE_BUSY"}}
                {"type":"error","error":{"message":"gone","code":"STREAM_EXPIRED"}}

                """)
        for line in text.split(separator: "\n") { #expect(parsed(String(line)) != nil) }
    }

    @Test func `answers of version 1, and behind the head of an HTTP response`() {
        let text = written { writer in
            writer.bytes.append("HTTP/1.1 200 OK\r\n\r\n")
            writer.startVersion1()
            writer.sampleResult()
            writer.finishVersion1()
        }
        #expect(text == "HTTP/1.1 200 OK\r\n\r\n" + #"{"result":\#(sample)}"#)
        let element = written { writer in
            writer.bytes.append("\r\n\r\n")
            writer.emptyStatementResult()
        }
        #expect(element == "\r\n\r\n" + empty)
    }

    @Test func `error bodies`() {
        #expect(
            written { $0.error(HranaError("late", code: "STREAM_EXPIRED")) }
                == #"{"message":"late","code":"STREAM_EXPIRED"}"#)
        #expect(
            written { $0.transportError(message: "no \"x\"", code: "TENANT_NOT_FOUND") }
                == #"{"message":"no \"x\"","code":"TENANT_NOT_FOUND","error":"no \"x\""}"#)
    }
}

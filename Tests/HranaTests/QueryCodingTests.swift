import Hrana
import Testing

/// The plain JSON of `POST query`.
@Suite struct QueryCodingTests {
    private func decode(_ text: String) throws(HranaDecodingError) -> QueryRequest {
        var text = text
        let outcome: Result<QueryRequest, HranaDecodingError> = text.withUTF8 { bytes in
            do throws(HranaDecodingError) {
                return .success(try HranaDecoder(version: .three).query(UnsafeRawBufferPointer(bytes)))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    @Test func `one statement, with arguments in order`() throws {
        let query = try decode(
            #" {"sql": "SELECT ?, ?", "args": [null, true, false, 7, -0, 1.5, 1e2, "ä", {"base64": "AQI="}]} "#)
        #expect(query.isSingle && query.statements.count == 1)
        #expect(query.statements[0].source == .text("SELECT ?, ?"))
        #expect(
            query.statements[0].arguments == [
                .null, .integer(1), .integer(0), .integer(7), .integer(0), .float(1.5), .float(100), .text("ä"),
                .blob([1, 2]),
            ])
    }

    @Test func `arguments by name, several statements, atomic or not`() throws {
        let query = try decode(
            #"{"statements": [{"args": {"a": 1, ":b": "x", "": null}, "sql": "S"}, {"sql": "T"}], "atomic": false}"#)
        #expect(!query.isAtomic && !query.isSingle)
        #expect(
            query.statements[0].namedArguments == [
                NamedArgument(name: "a", value: .integer(1)), NamedArgument(name: ":b", value: .text("x")),
                NamedArgument(name: "", value: .null),
            ])
        #expect(try decode(#"{"statements": []}"#).isAtomic)
        let longName = String(repeating: "n", count: 300)
        #expect(
            try decode(#"{"sql": "S", "args": {"\#(longName)": 1}}"#).statements[0].namedArguments[0].name == longName)
    }

    @Test(arguments: [
        (#"{"sql": "S", "arguments": []}"#, MessageFault.unknownMember), (#"{}"#, .querySource),
        (#"{"sql": "S", "statements": []}"#, .querySource), (#"{"sql": "S", "atomic": true}"#, .querySource),
        (#"{"args": [], "statements": []}"#, .querySource), (#"{"sql": null}"#, .querySource),
        (#"{"statements": [{"sql": "S", "atomic": true}]}"#, .unknownMember),
        (#"{"statements": [{"args": []}]}"#, .missing(.sql)), (#"{"sql": "S", "args": [[]]}"#, .invalidArgument),
        (#"{"sql": "S", "args": [{"blob": "AA=="}]}"#, .invalidArgument),
        (#"{"sql": "S", "args": [{"base64": "AA==", "x": 1}]}"#, .invalidArgument),
        (#"{"sql": "S", "args": [{"base64": "?"}]}"#, .invalidBase64),
        (#"{"sql": "S", "args": [9223372036854775808]}"#, .integerOutOfRange),
        (#"{"sql": "S", "args": [1e999]}"#, .floatOutOfRange), (#"{"sql": "S", "args": "x"}"#, .expected(.array)),
    ])
    func `a mistake is told of`(_ text: String, _ fault: MessageFault) {
        do {
            _ = try decode(text)
            Issue.record("\(text) was taken")
        } catch {
            if case .message(fault, _) = error { return }
            Issue.record("\(text): \(error)")
        }
    }

    @Test(arguments: [
        "", "[]", "{", #"{"sql": "S"} x"#, #"{"sql": "S",}"#, #"{"sql" "S"}"#, #"{"sql": "S", "args": {"a" 1}}"#,
    ])
    func `what is not such JSON is refused`(_ text: String) {
        #expect(throws: HranaDecodingError.self) { try decode(text) }
    }

    @Test func `values that JSON cannot say as numbers are strings`() {
        var writer = JSONWriter()
        writer.startPlainResult()
        writer.startPlainRows()
        writer.startRow()
        writer.plainInteger(1 << 53)
        writer.plainInteger(-(1 << 53) - 1)
        writer.plainInteger(.min)
        writer.plainFloat(.infinity)
        writer.plainFloat(2)
        writer.plainNull()
        [UInt8](repeating: 0, count: 2).withUnsafeBytes { writer.plainBlob($0) }
        let isText = [UInt8](repeating: 0xFF, count: 2).withUnsafeBytes { writer.plainText($0) }
        #expect(!isText)
        writer.endRow()
        writer.finishPlainResult(StatementSummary())
        writer.endPlainObject()
        #expect(
            String(decoding: writer.bytes.bytes, as: UTF8.self)
                == #"{"columns":[],"rows":[[9007199254740992,"-9007199254740993","-9223372036854775808","Infinity",2.0,null,{"base64":"AAA="}]],"rowsAffected":0,"lastInsertRowID":null}"#
        )
    }
}

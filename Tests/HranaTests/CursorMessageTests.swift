import Hrana
import Testing

/// Our own client's side of a cursor, against the server's.
struct CursorMessageTests {
    private let messages: [CursorMessage] = [
        .head(baton: "b"), .stepBegin(0, columns: ["id", "x"]),
        .row([.integer(-7), .text("grün"), .null, .float(.infinity), .blob([0, 255])]),
        .stepEnd(affectedRows: 3, lastInsertRowID: -9), .stepError(2, HranaError("no", code: "CODE")),
        .stepBegin(3, columns: []), .stepEnd(affectedRows: 0, lastInsertRowID: nil),
        .error(HranaError("gone", code: nil)),
    ]

    private func written() -> [UInt8] {
        var writer = ProtobufWriter()
        writer.cursorHead(baton: "b", baseURL: "http://other")
        writer.startCursorStep(0)
        for name in ["id", "x"] { name.withRawUTF8 { writer.cursorColumn(name: $0, declaredType: nil) } }
        writer.endCursorStepColumns()
        writer.startCursorRow()
        writer.integerValue(-7)
        _ = "grün".withRawUTF8 { writer.textValue($0, invalid: .refuse) }
        writer.nullValue()
        writer.floatValue(.infinity)
        [UInt8]([0, 255]).withUnsafeBytes { writer.blobValue($0) }
        writer.endCursorRow()
        writer.cursorStepEnd(affectedRows: 3, lastInsertRowID: -9)
        writer.cursorStepError(2, HranaError("no", code: "CODE"))
        writer.startCursorStep(3)
        writer.endCursorStepColumns()
        writer.cursorStepEnd(affectedRows: 0, lastInsertRowID: nil)
        writer.cursorError(HranaError("gone", code: nil))
        return Array(writer.bytes.bytes)
    }

    @Test(arguments: [1, 2, 7, 1_000])
    func `An answer is read whatever pieces it comes in`(size: Int) throws {
        let bytes = written()
        var reader = CursorAnswerReader()
        var found: [CursorMessage] = []
        #expect(!reader.isAtEnd)
        for start in stride(from: 0, to: bytes.count, by: size) {
            reader.feed(bytes[start..<min(start + size, bytes.count)])
            while let message = try reader.next() { found.append(message) }
        }
        #expect(found == messages)
        #expect(reader.isAtEnd)
    }

    @Test func `An answer that is cut off is not taken for whole`() throws {
        let bytes = written()
        var reader = CursorAnswerReader()
        reader.feed(bytes.dropLast())
        while try reader.next() != nil {}
        #expect(!reader.isAtEnd)
    }

    @Test func `What is no answer is refused`() {
        for bytes: [UInt8] in [Array("<html>".utf8), [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [3, 0, 0, 0]] {
            #expect(throws: HranaDecodingError.self) {
                var reader = CursorAnswerReader()
                reader.feed(bytes)
                reader.feed([UInt8](repeating: 0xFF, count: 200))
                while try reader.next() != nil {}
            }
        }
    }
}

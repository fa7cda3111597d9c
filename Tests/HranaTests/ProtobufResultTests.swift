import Hrana
import Testing

/// The bytes that stand here were written by Google's implementation from the protocol's messages.
struct ProtobufResultTests {
    @Test func `a pipeline of each kind of result`() {
        var writer = ProtobufWriter()
        writer.startPipeline()
        writer.startResult(of: .execute)
        writer.sampleResult(1)
        writer.finishResult()
        writer.emptyResult(of: .sequence)
        writer.autocommitResult(true)
        writer.errorResult(HranaError("no such table: t", code: "SQLITE_UNKNOWN"))
        writer.startResult(of: .batch)
        writer.startBatchResult()
        writer.startStepResult()
        writer.sampleResult(2)
        writer.finishStepResult()
        writer.noStepResult()
        writer.noStepResult()
        writer.finishBatchResult(errors: [nil, nil, HranaError("no", code: nil)])
        writer.finishResult()
        writer.startResult(of: .describe)
        writer.sampleDescription()
        writer.finishResult()
        writer.finishPipeline(baton: "b2", baseURL: nil)
        #expect(Array(writer.bytes.bytes) == Self.pipeline)
    }

    @Test func `a cursor of each kind of entry`() {
        var writer = ProtobufWriter()
        writer.cursorHead(baton: "b", baseURL: nil)
        writer.startCursorStep(1)
        utf8("id") { writer.cursorColumn(name: $0, declaredType: nil) }
        writer.endCursorStepColumns()
        writer.startCursorRow()
        writer.integerValue(7)
        writer.endCursorRow()
        writer.cursorStepEnd(affectedRows: 1, lastInsertRowID: 9)
        writer.cursorStepError(2, HranaError("no", code: nil))
        writer.cursorError(HranaError("gone", code: "X"))
        #expect(Array(writer.bytes.bytes) == Self.cursor)
    }

    @Test func `an element that failed half-way is forgotten`() {
        var writer = ProtobufWriter()
        let mark = writer.bytes.count
        writer.startResult(of: .execute)
        writer.startStatementResult()
        writer.startRow()
        writer.integerValue(1)
        writer.bytes.truncate(to: mark)
        writer.errorResult(HranaError("no", code: nil))
        var expected = ProtobufWriter()
        expected.errorResult(HranaError("no", code: nil))
        #expect(Array(writer.bytes.bytes) == Array(expected.bytes.bytes))
    }

    @Test(arguments: [0, 1, 127, 128, 16_000, 16_384, 40_000])
    func `a message of any size has its length before it`(size: Int) throws {
        var writer = ProtobufWriter()
        writer.startCursorRow()
        [UInt8](repeating: 7, count: size).withUnsafeBytes { writer.blobValue($0) }
        writer.endCursorRow()
        var rest = Array(writer.bytes.bytes)[...]
        func varint() -> Int {
            var (value, shift) = (0, 0)
            while let byte = rest.popFirst() {
                value |= Int(byte & 0x7F) << shift
                shift += 7
                if byte & 0x80 == 0 { break }
            }
            return value
        }
        // An entry, its row, the value, the blob.
        #expect(varint() == rest.count)
        for tag in [0x22, 0x0A, 0x2A] {
            #expect(varint() == tag)
            #expect(varint() == rest.count)
        }
        #expect(rest.count == size)
    }

    @Test func `text that is not UTF-8 is refused or mended`() {
        var writer = ProtobufWriter()
        #expect([UInt8]([0x61, 0xFF]).withUnsafeBytes { writer.textValue($0) } == false)
        #expect(writer.bytes.count == 0)
        #expect([UInt8]([0x61, 0xFF]).withUnsafeBytes { writer.textValue($0, invalid: .replace) })
        #expect(Array(writer.bytes.bytes) == [0x0A, 6, 0x22, 4, 0x61, 0xEF, 0xBF, 0xBD])
    }

    private static let pipeline = ProtobufDecodingTests.bytes(
        hex: """
            1a4c0a4a12480a460a0d0a0269641207494e54454745520a030a0161121f0a0210020a020a000a0919000000000000f07f0a0422
            02c3bc0a042a020102180220053004380541ba490c022b0718401a040a0222001a060a04420208011a2412220a106e6f20737563
            68207461626c653a2074120e53514c4954455f554e4b4e4f574e1a5c0a5a1a580a560a4a080012460a0d0a0269641207494e5445
            4745520a030a0161121f0a0210020a020a000a0919000000000000f07f0a042202c3bc0a042a020102180220053004380541ba49
            0c022b0718401208080212040a026e6f1a1d0a1b2a190a170a040a023a610a0012090a0178120454455854180120010a026232
            """)
    private static let cursor = ProtobufDecodingTests.bytes(
        hex: """
            030a01620a0a08080112040a0269640622040a02100e061204080110120a1a08080212040a026e6f0b2a090a04676f6e65120158
            """)
}

private func utf8(_ text: String, _ body: (UnsafeRawBufferPointer) -> Void) { Array(text.utf8).withUnsafeBytes(body) }

extension ProtobufWriter {
    fileprivate mutating func sampleResult(_ field: UInt8) {
        startStatementResult(field)
        utf8("id") { name in utf8("INTEGER") { self.column(name: name, declaredType: $0) } }
        utf8("a") { column(name: $0, declaredType: nil) }
        startRow()
        integerValue(1)
        nullValue()
        floatValue(.infinity)
        utf8("ü") { _ = textValue($0) }
        [UInt8]([1, 2]).withUnsafeBytes { blobValue($0) }
        endRow()
        finishStatementResult(
            StatementSummary(
                affectedRows: 2, lastInsertRowID: -3, rowsRead: 4, rowsWritten: 5, nanoseconds: 6_007_000))
    }

    fileprivate mutating func sampleDescription() {
        startDescription()
        utf8(":a") { parameter(name: $0) }
        parameter(name: nil)
        utf8("x") { name in utf8("TEXT") { describedColumn(name: name, declaredType: $0) } }
        finishDescription(isExplain: true, isReadOnly: true)
    }
}

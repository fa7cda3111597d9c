import Hrana
import Testing

@Suite struct ByteWriterTests {
    private func expectText(_ writer: borrowing ByteWriter, _ expected: String) {
        let text = String(decoding: writer.bytes, as: UTF8.self)
        #expect(text == expected)
    }

    @Test func `it grows, is truncated, overwritten and used again`() {
        var writer = ByteWriter(capacity: 0)
        for index in 0..<1000 { writer.append("item \(index);") }
        let expected = (0..<1000).map { "item \($0);" }.joined()
        expectText(writer, expected)
        let (count, grown) = (writer.count, writer.capacity)
        #expect(count == expected.utf8.count && grown >= count)

        writer.truncate(to: 7)
        expectText(writer, "item 0;")
        Array("2".utf8).withUnsafeBytes { writer.overwrite(at: 5, with: $0) }
        writer.append(UInt8(ascii: "!"))
        expectText(writer, "item 2;!")

        let capacity = writer.capacity
        writer.removeAll(keepingCapacity: true)
        let kept = (writer.count, writer.capacity)
        #expect(kept == (0, capacity))
        writer.append("a" as StaticString)
        writer.removeAll(keepingCapacity: false)
        let dropped = (writer.count, writer.capacity)
        #expect(dropped.0 == 0 && dropped.1 < capacity)
        writer.append(UnsafeRawBufferPointer(start: nil, count: 0))
        expectText(writer, "")
    }

    @Test func `text of any length at any fill of the buffer`() {
        for length in [0, 1, 7, 8, 9, 62, 63, 64, 65, 500] {
            for fill in 50..<70 {
                var writer = JSONWriter(ByteWriter(capacity: 64))
                for _ in 0..<fill { writer.bytes.append(UInt8(ascii: ".")) }
                writer.string(String(repeating: "\u{1}", count: length))
                let expected =
                    String(repeating: ".", count: fill) + "\"" + String(repeating: #"\u0001"#, count: length) + "\""
                #expect(String(decoding: writer.bytes.bytes, as: UTF8.self) == expected)
            }
        }
    }
}

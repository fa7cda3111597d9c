import Hrana
import Testing

@Suite struct FuzzTests {
    /// Documents that use every message, every escape and every kind of value.
    static let pipelines: [String] =
        PipelineDecodingTests.requests.map { #"{"baton":null,"requests":[\#($0.0),{"type":"close"}]}"# } + [
            #"{"requests":[{"type":"execute","stmt":{"sql":"é🙂\u00e9\ud83d\ude42\n","args":[{"type":"integer","value":"-12"},{"type":"float","value":-1.5e-3},{"type":"text","value":"a\"b"},{"type":"blob","base64":"AAEC"},{"type":"null"}]}}]}"#,
            #"{"requests":[{"type":"batch","batch":{"steps":[{"stmt":{"sql":"A"}},{"stmt":{"sql":"B"},"condition":{"type":"and","conds":[{"type":"ok","step":0},{"cond":{"type":"error","step":0},"type":"not"},{"type":"is_autocommit"}]}}]}}]}"#,
            #"{"x":[{},[],-0.5E+7,true,false,null,"\b"],"requests":[{"stmt":{"args":[{"value":"42","type":"integer"}],"sql":"S"},"type":"execute"}],"baton":"b"}"#,
        ]

    @Test(arguments: pipelines)
    func `no document decodes when it is cut short`(text: String) {
        let memory = GuardedMemory(capacity: 4096)
        let bytes = Array(text.utf8)
        let decoder = HranaDecoder(version: .three)
        for count in 0..<bytes.count {
            let error = memory.withBytes(bytes[..<count]) { outcome($0, decoder.pipeline).failure }
            #expect(error?.position ?? .max <= count, "\(count)")
        }
        #expect(refusal(bytes, decoder.pipeline) == nil)
    }

    /// 260,000 cases. What still decodes must encode to something that decodes to the same.
    @Test(arguments: 0..<13)
    func `mutated documents are decoded or refused, and nothing around them is read`(round: Int) {
        var dice = Dice(seed: UInt64(round) &* 7919 &+ 1)
        let memory = GuardedMemory(capacity: 4096)
        let decoder = HranaDecoder(version: .three)
        let documents = Self.pipelines.map { Array($0.utf8) }
        var accepted = 0
        for _ in 0..<20_000 {
            let bytes = mutate(dice.pick(documents), &dice)
            let request = memory.withBytes(bytes, atEnd: dice.roll(8) > 0) { try? decoder.pipeline($0) }
            guard let request else { continue }
            accepted += 1
            guard accepted % 16 == 0 else { continue }
            #expect(pipeline(written { $0.pipelineRequest(request) }) == request)
        }
        // Enough of both for the test to mean something.
        #expect(accepted > 1_000 && accepted < 15_000)
    }

    private func mutate(_ document: [UInt8], _ dice: inout Dice) -> [UInt8] {
        var bytes = document
        for _ in 0...dice.roll(2) {
            let at = dice.roll(bytes.count)
            switch dice.roll(7) {
            case 0: bytes[at] = UInt8(dice.roll(256))
            case 1: bytes[at] ^= 1 << UInt8(dice.roll(8))
            case 2: bytes.insert(dice.pick(Array(#"{}[]",:\u0-.eE19tfn é"#.utf8)), at: at)
            case 3: bytes.remove(at: at)
            case 4: bytes.removeSubrange(at..<min(bytes.count, at + dice.roll(12)))
            case 5:
                bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + dice.roll(24))], at: dice.roll(bytes.count))
            default: bytes[at] = dice.pick(Array(#"{}[]",:\u0-.eE19tfn "#.utf8))
            }
            if bytes.isEmpty { bytes = [0x20] }
        }
        return bytes
    }

    /// Every offset of a special byte within the eight that are looked at together, and every distance to the end.
    @Test func `strings of every length, with every special byte at every place`() {
        let memory = GuardedMemory(capacity: 4096)
        for length in 0..<20 {
            for special in [UInt8(ascii: "a"), 0x22, 0x5C, 0x1F, 0x00, 0x7F, 0x80, 0xC3] {
                for place in 0..<max(length, 1) {
                    var text = [UInt8](repeating: UInt8(ascii: "x"), count: length)
                    if place < length { text[place] = special }
                    let isValid = length == 0 || special < 0x80
                    memory.withBytes(text) { bytes in
                        var writer = JSONWriter()
                        let isAccepted = writer.textValue(bytes)
                        #expect(isAccepted == isValid)
                        guard isValid else { return }
                        let json = String(decoding: writer.bytes.bytes, as: UTF8.self)
                        #expect(decodedValue(json) == .text(String(decoding: text, as: UTF8.self)))
                    }
                }
            }
        }
    }
}

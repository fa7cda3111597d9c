import Foundation
import Hrana
import Testing

/// Random messages and random JSON, by seed.
private struct Generator {
    var dice: Dice

    mutating func text() -> String {
        // Without U+FEFF, which Foundation drops.
        let alphabet: [Unicode.Scalar] = [
            "a", "Z", "0", " ", "\"", "\\", "/", "\n", "\t", "\u{0}", "\u{1F}", "\u{7F}", "é", "€", "🙂", "\u{FFFF}",
            "\u{10FFFF}", "\u{D7FF}", "\u{E000}", "\u{2028}",
        ]
        var text = ""
        for _ in 0..<dice.roll(dice.roll(5) == 0 ? 40 : 9) { text.unicodeScalars.append(dice.pick(alphabet)) }
        return text
    }

    mutating func value() -> Value {
        switch dice.roll(6) {
        case 0: .null
        case 1: .integer(Int64(bitPattern: dice.next()) >> Int64(dice.roll(64)))
        case 2: .float(Double(Int64(bitPattern: dice.next()) >> Int64(dice.roll(64))) / 1000)
        case 3: .blob((0..<dice.roll(20)).map { _ in UInt8(dice.roll(256)) })
        default: .text(text())
        }
    }

    mutating func source() -> SQLSource {
        dice.roll(3) == 0 ? .stored(Int32(truncatingIfNeeded: dice.next())) : .text(text())
    }

    mutating func statement() -> Statement {
        Statement(
            source(), arguments: (0..<dice.roll(4)).map { _ in value() },
            namedArguments: (0..<dice.roll(3)).map { _ in NamedArgument(name: text(), value: value()) },
            wantsRows: dice.roll(2) == 0)
    }

    mutating func condition(_ step: Int, depth: Int = 0) -> Condition {
        switch dice.roll(depth > 3 ? 3 : 6) {
        case 0 where step > 0: .ok(dice.roll(step))
        case 1 where step > 0: .error(dice.roll(step))
        case 3: .not(condition(step, depth: depth + 1))
        case 4: .and((0..<dice.roll(3)).map { _ in condition(step, depth: depth + 1) })
        case 5: .or((0..<dice.roll(3)).map { _ in condition(step, depth: depth + 1) })
        default: .isAutocommit
        }
    }

    mutating func batch() -> Batch {
        Batch(
            steps: (0..<dice.roll(5)).map { step in
                BatchStep(statement(), condition: dice.roll(2) == 0 ? nil : condition(step))
            })
    }

    mutating func request() -> StreamRequest {
        switch dice.roll(8) {
        case 0: .batch(batch())
        case 1: .sequence(source())
        case 2: .describe(source())
        case 3: .storeSQL(id: Int32(dice.roll(100)), sql: text())
        case 4: .closeSQL(id: -1)
        case 5: .getAutocommit
        case 6: .close
        default: .execute(statement())
        }
    }

    /// A JSON document without numbers that Foundation and we could round differently, spelled oddly.
    mutating func json(depth: Int = 0) -> String {
        switch dice.roll(depth > 4 ? 5 : 7) {
        case 0: dice.pick(["null", "true", "false"])
        case 1: String(Int32(truncatingIfNeeded: dice.next()))
        case 2: dice.pick(["-0", "0.5", "1e3", "-12.25E-1", "1E+2", "0"])
        case 3, 4: string()
        case 5:
            "[" + (0..<dice.roll(4)).map { _ in space() + json(depth: depth + 1) + space() }.joined(separator: ",")
                + "]"
        default:
            "{"
                + (0..<dice.roll(4)).map { _ in space() + string() + space() + ":" + space() + json(depth: depth + 1) }
                .joined(separator: ",") + space() + "}"
        }
    }

    mutating func space() -> String { dice.pick(["", "", "", " ", "\n\t", "\r\n"]) }

    /// A string with some of its characters escaped.
    mutating func string() -> String {
        var out = "\""
        for scalar in text().unicodeScalars {
            let must = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            guard must || dice.roll(4) == 0 else {
                out.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let hex = String(unit, radix: 16)
                out +=
                    "\\u" + String(repeating: "0", count: 4 - hex.count) + (dice.roll(2) == 0 ? hex : hex.uppercased())
            }
        }
        return out + "\""
    }
}

@Suite struct RoundTripTests {
    @Test(arguments: 0..<8)
    func `random requests come back as they were written`(seed: Int) throws {
        var generator = Generator(dice: Dice(seed: UInt64(seed)))
        for _ in 0..<250 {
            let request = PipelineRequest(
                baton: generator.dice.roll(2) == 0 ? nil : "baton",
                requests: (0..<generator.dice.roll(4)).map { _ in generator.request() })
            let text = written { $0.pipelineRequest(request) }
            #expect(pipeline(text) == request)
            #expect(parsed(text) != nil)
            var writer = ProtobufWriter()
            writer.pipelineRequest(request)
            #expect(try outcome(writer.bytes.bytes, ProtobufDecoder().pipeline).get() == request)
        }
    }

    @Test func `random cursors come back as they were written`() throws {
        var generator = Generator(dice: Dice(seed: 77))
        for _ in 0..<300 {
            let request = CursorRequest(baton: generator.text(), batch: generator.batch())
            let text = written { $0.cursorRequest(request) }
            #expect(decoding(text, HranaDecoder(version: .three).cursor) == request)
            var writer = ProtobufWriter()
            writer.cursorRequest(request)
            #expect(try outcome(writer.bytes.bytes, ProtobufDecoder().cursor).get() == request)
        }
    }

    @Test(arguments: 0..<4)
    func `random strings decode as in Foundation`(seed: Int) {
        var generator = Generator(dice: Dice(seed: UInt64(1000 + seed)))
        for _ in 0..<500 {
            let string = generator.string()
            guard let expected = parsed(string) as? String else {
                Issue.record("Foundation refuses \(string)")
                continue
            }
            #expect(decodedValue(#"{"value":\#(string),"type":"text"}"#) == .text(expected))
            let mine = written { $0.string(expected) }
            #expect(parsed(mine) as? String == expected)
        }
    }

    @Test(arguments: 0..<4)
    func `random JSON is accepted or refused as by Foundation`(seed: Int) {
        var generator = Generator(dice: Dice(seed: UInt64(2000 + seed)))
        var refused = 0
        for _ in 0..<1_000 {
            var bytes = Array(generator.json().utf8)
            if generator.dice.roll(3) > 0 {
                let at = generator.dice.roll(bytes.count)
                // No exponents: Foundation refuses numbers that overflow, even where nobody reads them.
                bytes[at] = generator.dice.pick(Array(#"{}[]",:\u0-.19tfn "#.utf8))
            }
            let isOurs =
                refusal(
                    Array(#"{"x":"#.utf8) + bytes + Array(#","requests":[]}"#.utf8),
                    HranaDecoder(version: .two).pipeline)
                == nil
            let isFoundations =
                (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            #expect(isOurs == isFoundations, "\(String(decoding: bytes, as: UTF8.self))")
            if !isOurs { refused += 1 }
        }
        #expect(refused > 100 && refused < 900)
    }
}

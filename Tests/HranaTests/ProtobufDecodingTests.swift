import Testing

@testable import Hrana

/// The bytes that stand here were written by Google's implementation from the protocol's messages.
struct ProtobufDecodingTests {
    static let everything = bytes(
        hex: """
            0a026231125f125d0a5b0a0c53454c454354203f2c203a611a020a001a0210051a0b10feffffffffffffffff011a0b10ffffffff
            ffffffffff011a0919000000000000f83f1a0722056772c3bc6e1a052a030001ff1a02220022080a023a6112021000280012401a
            3e0a3c0a0912070a05424547494e0a110a020800120b10f9ffffffffffffffff010a1c0a10220e0a041a0210010a0232000a022a
            0012080a06434f4d4d4954121622140a1253454c45435420313b2053454c454354203212042a021005120e320c0805120853454c
            454354203912043a0208051202420012020a00
            """)

    static func bytes(hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    private func decode(_ bytes: [UInt8], _ limits: HranaLimits = HranaLimits()) -> Result<
        PipelineRequest, HranaDecodingError
    > {
        bytes.withUnsafeBytes { outcome($0, ProtobufDecoder(limits: limits).pipeline) }
    }

    @Test func `every request, value and condition is read`() throws {
        let request = try decode(Self.everything).get()
        let arguments: [Value] = [
            .null, .integer(-3), .integer(.max), .integer(.min), .float(1.5), .text("grün"), .blob([0, 1, 255]),
            .text(""),
        ]
        let condition = Condition.and([.not(.error(1)), .isAutocommit, .or([])])
        let expected: [StreamRequest] = [
            .execute(
                Statement(
                    .text("SELECT ?, :a"), arguments: arguments,
                    namedArguments: [NamedArgument(name: ":a", value: .integer(0))], wantsRows: false)),
            .batch(
                Batch(steps: [
                    BatchStep(Statement(.text("BEGIN"))), BatchStep(Statement(.stored(-7)), condition: .ok(0)),
                    BatchStep(Statement(.text("COMMIT")), condition: condition),
                ])),
            .sequence(.text("SELECT 1; SELECT 2")), .describe(.stored(5)), .storeSQL(id: 5, sql: "SELECT 9"),
            .closeSQL(id: 5), .getAutocommit, .close,
        ]
        #expect(request == PipelineRequest(baton: "b1", requests: expected))
    }

    @Test func `unknown fields of every wire type are gone over`() throws {
        let unknown: [UInt8] = [
            0x98, 0x06, 0xFF, 0x01, 0xA1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0xAD, 0x06, 1, 2, 3, 4, 0xB2, 0x06, 1, 9,
        ]
        #expect(try decode(unknown + Self.everything + unknown).get() == decode(Self.everything).get())
    }

    @Test(arguments: [
        ([0x0A, 5, 65], ProtobufFault.unexpectedEnd), ([0x0A], .unexpectedEnd), ([0x0A, 1, 0xFF], .invalidUTF8),
        ([0x0B, 1], .unknownWireType), ([0x02, 0], .invalidField), ([0x08, 1], .wrongWireType),
        ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], .varintTooLong),
        ([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], .unexpectedEnd),
    ])
    func `what is no message is refused`(bytes: [UInt8], fault: ProtobufFault) {
        guard case .failure(.protobuf(let found, _)) = decode(bytes) else {
            Issue.record("it was taken")
            return
        }
        #expect(found == fault)
    }

    @Test func `a message cut anywhere is refused or shorter, never read beyond`() {
        let memory = GuardedMemory(capacity: 4096)
        for count in 0..<Self.everything.count {
            let result = memory.withBytes(Self.everything[..<count]) { outcome($0, ProtobufDecoder().pipeline) }
            if case .success(let request) = result { #expect(request.requests.count < 8) }
        }
    }

    @Test func `bounds hold, and conditions nest only so deep`() {
        #expect(decode(Self.everything, HranaLimits(requests: 7)).failure?.isLimit(.requests) == true)
        #expect(decode(Self.everything, HranaLimits(steps: 2)).failure?.isLimit(.steps) == true)
        #expect(decode(Self.everything, HranaLimits(arguments: 7)).failure?.isLimit(.arguments) == true)
        #expect(decode(Self.everything, HranaLimits(sqlBytes: 11)).failure?.isLimit(.sql) == true)
        #expect(decode(Self.everything, HranaLimits(batonBytes: 1)).failure?.isLimit(.baton) == true)
        var condition: [UInt8] = [0x32, 0]
        for _ in 0..<60 { condition = [0x1A, UInt8(condition.count)] + condition }
        let step = [0x0A, UInt8(condition.count)] + condition + [0x12, 2, 0x0A, 0]
        let batch = [0x0A, UInt8(step.count | 0x80), 1] + step
        let wrapped = wrap(0x12, wrap(0x1A, wrap(0x0A, batch)))
        #expect(decode(wrapped, HranaLimits(depth: 128)).failure == nil)
        #expect(decode(wrapped, HranaLimits(depth: 64)).failure?.isLimit(.depth) == true)
    }

    private func wrap(_ tag: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        [tag, UInt8(bytes.count & 0x7F | 0x80), UInt8(bytes.count >> 7)] + bytes
    }

    /// 100,000 cases.
    @Test(arguments: 0..<5)
    func `mutated messages are decoded or refused, and nothing around them is read`(round: Int) {
        var dice = Dice(seed: UInt64(round) &* 104_729 &+ 3)
        let memory = GuardedMemory(capacity: 4096)
        var accepted = 0
        for _ in 0..<20_000 {
            var bytes = Self.everything
            for _ in 0...dice.roll(3) { bytes[dice.roll(bytes.count)] = UInt8(dice.roll(256)) }
            if dice.roll(4) == 0 { bytes.removeLast(dice.roll(bytes.count)) }
            let request = memory.withBytes(bytes, atEnd: true) { try? ProtobufDecoder().pipeline($0) }
            if request != nil { accepted += 1 }
        }
        #expect(accepted > 500 && accepted < 19_000)
    }
}

extension HranaDecodingError {
    fileprivate func isLimit(_ fault: LimitFault) -> Bool {
        if case .limit(fault, _) = self { true } else { false }
    }
}

/// Makes keys of a terminal's bytes, in pieces of any size: a character or a sequence may be split anywhere.
package struct KeyDecoder: Sendable {
    /// Of one escape sequence; longer ones are no keys.
    private static let longestSequence = 32
    /// Of one pasted text; what goes beyond is left out.
    private static let largestPaste = 1 << 20
    private static let pasteEnd = Array("\u{1B}[201~".utf8)

    private var bytes: [UInt8] = []
    private var paste: [UInt8]?

    package init() {}

    /// Whether what came last may be the beginning of more: an escape alone, after a short wait, is the Escape key.
    /// The rest of a character is waited for however long it takes.
    package var isUndecided: Bool { bytes.first == 0x1B && paste == nil }

    package mutating func feed(_ piece: some Collection<UInt8>) -> [Key] {
        bytes.append(contentsOf: piece)
        var keys: [Key] = []
        while !bytes.isEmpty, let key = next() { Self.append(key, to: &keys) }
        return keys
    }

    /// Nothing more came for a while.
    package mutating func flush() -> [Key] {
        guard isUndecided else { return [] }
        let isEscape = bytes == [0x1B]
        bytes = []
        return [isEscape ? .escape : .unknown]
    }

    /// Characters that come together stay together.
    private static func append(_ key: Key, to keys: inout [Key]) {
        if case .text(let new) = key, case .text(let old)? = keys.last {
            keys[keys.count - 1] = .text(old + new)
        } else {
            keys.append(key)
        }
    }

    /// - Returns: nil where more bytes are needed.
    private mutating func next() -> Key? {
        if paste != nil { return pasted() }
        switch bytes[0] {
        case 0x1B: return sequence()
        case 0x0D, 0x0A: return take(1, .enter)
        case 0x09: return take(1, .tab)
        case 0x7F, 0x08: return take(1, .backspace)
        case 0x00..<0x20:
            return take(1, .control(Character(Unicode.Scalar(bytes[0] + 0x60))))
        default: return character()
        }
    }

    private mutating func take(_ count: Int, _ key: Key) -> Key {
        bytes.removeFirst(count)
        return key
    }

    // MARK: Characters

    private mutating func character() -> Key? {
        let length = Self.length(bytes[0])
        guard length > 0 else { return take(1, .text("\u{FFFD}")) }
        let rest = bytes.dropFirst().prefix(length - 1)
        if rest.contains(where: { $0 & 0xC0 != 0x80 }) { return take(1, .text("\u{FFFD}")) }
        guard rest.count == length - 1 else { return nil }
        let text = String(decoding: bytes[..<length], as: UTF8.self)
        return take(length, .text(text))
    }

    /// Bytes of the character that begins so; 0 where none does.
    private static func length(_ byte: UInt8) -> Int {
        switch byte {
        case 0..<0x80: 1
        case 0xC2..<0xE0: 2
        case 0xE0..<0xF0: 3
        case 0xF0..<0xF5: 4
        default: 0
        }
    }

    // MARK: Sequences

    private mutating func sequence() -> Key? {
        guard bytes.count > 1 else { return nil }
        switch bytes[1] {
        case UInt8(ascii: "["): return controlSequence()
        case UInt8(ascii: "O"):
            guard bytes.count > 2 else { return nil }
            let final = bytes[2]
            return take(3, Self.key(final, parameters: []))
        case UInt8(ascii: "b"): return take(2, .wordLeft)
        case UInt8(ascii: "f"): return take(2, .wordRight)
        case UInt8(ascii: "d"): return take(2, .deleteWordRight)
        case 0x7F, 0x08: return take(2, .deleteWordLeft)
        case 0x1B: return take(1, .escape)
        default: return take(2, .unknown)
        }
    }

    private mutating func controlSequence() -> Key? {
        guard let end = bytes.dropFirst(2).firstIndex(where: { !(0x20..<0x40).contains($0) }) else {
            guard bytes.count > Self.longestSequence else { return nil }
            return take(bytes.count, .unknown)
        }
        let parameters = bytes[2..<end].split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map {
            Int(String(decoding: $0, as: UTF8.self)) ?? 0
        }
        let final = bytes[end]
        bytes.removeFirst(end + 1)
        guard final != UInt8(ascii: "~") || parameters.first != 200 else {
            paste = []
            return bytes.isEmpty ? nil : pasted()
        }
        return Self.key(final, parameters: parameters)
    }

    private static func key(_ final: UInt8, parameters: [Int]) -> Key {
        // The second parameter is 1 and what is held down: 2 for Alt, 4 for Control.
        let isHeld = parameters.count > 1 && (parameters[1] - 1) & 6 != 0
        switch (final, parameters.first ?? 0) {
        case (UInt8(ascii: "A"), _): return .up
        case (UInt8(ascii: "B"), _): return .down
        case (UInt8(ascii: "C"), _): return isHeld ? .wordRight : .right
        case (UInt8(ascii: "D"), _): return isHeld ? .wordLeft : .left
        case (UInt8(ascii: "H"), _), (UInt8(ascii: "~"), 1), (UInt8(ascii: "~"), 7): return .home
        case (UInt8(ascii: "F"), _), (UInt8(ascii: "~"), 4), (UInt8(ascii: "~"), 8): return .end
        case (UInt8(ascii: "~"), 3): return isHeld ? .deleteWordRight : .delete
        default: return .unknown
        }
    }

    // MARK: Paste

    private mutating func pasted() -> Key? {
        let all = (paste ?? []) + bytes
        bytes = []
        guard let end = Self.find(Self.pasteEnd, in: all, from: max(0, (paste?.count ?? 0) - Self.pasteEnd.count))
        else {
            // Its end is looked for in what is kept last.
            paste = all.count <= Self.largestPaste ? all : Array(all.prefix(Self.largestPaste) + all.suffix(8))
            return nil
        }
        bytes = Array(all[(end + Self.pasteEnd.count)...])
        paste = nil
        let text = String(decoding: all[..<end], as: UTF8.self)
        return .paste(text.replacing("\r\n", with: "\n").replacing("\r", with: "\n"))
    }

    private static func find(_ needle: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= needle.count else { return nil }
        return (start...(bytes.count - needle.count)).first { bytes[$0] == 0x1B && bytes[$0...].starts(with: needle) }
    }
}

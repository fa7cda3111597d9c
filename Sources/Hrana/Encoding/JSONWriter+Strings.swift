extension JSONWriter {
    /// Writes `utf8` as a JSON string.
    ///
    /// - Returns: false, with nothing written, if it is not UTF-8 and `invalid` is `.refuse`.
    package mutating func string(_ utf8: UnsafeRawBufferPointer, invalid: InvalidText) -> Bool {
        let mark = bytes.count
        bytes.append(UInt8(ascii: "\""))
        guard let base = utf8.baseAddress else {
            bytes.append(UInt8(ascii: "\""))
            return true
        }
        var read = 0
        while true {
            read = copyPlain(base, from: read, to: utf8.count)
            guard read < utf8.count else { break }
            let byte = base.load(fromByteOffset: read, as: UInt8.self)
            if byte < 0x80 {
                escape(byte)
                read &+= 1
                continue
            }
            let length = UTF8Sequence.length(base, at: read, end: utf8.count)
            if length > 0 {
                bytes.append(UnsafeRawBufferPointer(start: base + read, count: length))
                read &+= length
            } else if invalid == .replace {
                bytes.append("\u{FFFD}")
                read &+= 1
            } else {
                bytes.truncate(to: mark)
                return false
            }
        }
        bytes.append(UInt8(ascii: "\""))
        return true
    }

    /// Copies up to the first byte that cannot stand for itself, and returns its offset or `end`.
    @inline(__always)
    private mutating func copyPlain(_ base: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
        bytes.reserve(end &- start)
        let out = bytes.space
        var read = start
        while read &+ 8 <= end {
            let word = base.loadUnaligned(fromByteOffset: read, as: UInt64.self)
            // All eight are written; those after the first special one are overwritten later.
            out.storeBytes(of: word, toByteOffset: read &- start, as: UInt64.self)
            let mask = JSONBytes.special(UInt64(littleEndian: word))
            if mask != 0 {
                read &+= JSONBytes.first(mask)
                bytes.commit(read &- start)
                return read
            }
            read &+= 8
        }
        while read < end {
            let byte = base.load(fromByteOffset: read, as: UInt8.self)
            if byte < 0x20 || byte >= 0x80 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            out.storeBytes(of: byte, toByteOffset: read &- start, as: UInt8.self)
            read &+= 1
        }
        bytes.commit(read &- start)
        return read
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): bytes.append(#"\""#)
        case UInt8(ascii: "\\"): bytes.append(#"\\"#)
        case 0x08: bytes.append(#"\b"#)
        case 0x09: bytes.append(#"\t"#)
        case 0x0A: bytes.append(#"\n"#)
        case 0x0C: bytes.append(#"\f"#)
        case 0x0D: bytes.append(#"\r"#)
        default:
            let digits: StaticString = "0123456789abcdef"
            bytes.append(#"\u00"#)
            bytes.append(digits.utf8Start[Int(byte &>> 4)])
            bytes.append(digits.utf8Start[Int(byte & 15)])
        }
    }
}

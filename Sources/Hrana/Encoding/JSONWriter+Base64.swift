extension JSONWriter {
    /// Base64 without padding, quoted.
    package mutating func base64(_ blob: UnsafeRawBufferPointer) {
        let size = blob.count / 3 * 4 + (blob.count % 3 == 0 ? 0 : blob.count % 3 + 1)
        bytes.reserve(size + 2)
        bytes.append(UInt8(ascii: "\""))
        if let base = blob.baseAddress { Self.encode(base, blob.count, into: bytes.space) }
        bytes.commit(size)
        bytes.append(UInt8(ascii: "\""))
    }

    private static func encode(_ base: UnsafeRawPointer, _ count: Int, into out: UnsafeMutableRawPointer) {
        let digits = Base64Alphabet.characters.utf8Start
        var (read, written) = (0, 0)
        while read &+ 3 <= count {
            let a = base.load(fromByteOffset: read, as: UInt8.self)
            let b = base.load(fromByteOffset: read &+ 1, as: UInt8.self)
            let c = base.load(fromByteOffset: read &+ 2, as: UInt8.self)
            let group =
                UInt32(digits[Int(a &>> 2)]) | UInt32(digits[Int((a &<< 4 | b &>> 4) & 63)]) &<< 8
                | UInt32(digits[Int((b &<< 2 | c &>> 6) & 63)]) &<< 16 | UInt32(digits[Int(c & 63)]) &<< 24
            out.storeBytes(of: group.littleEndian, toByteOffset: written, as: UInt32.self)
            (read, written) = (read &+ 3, written &+ 4)
        }
        guard read < count else { return }
        let a = base.load(fromByteOffset: read, as: UInt8.self)
        let b = read &+ 1 < count ? base.load(fromByteOffset: read &+ 1, as: UInt8.self) : 0
        out.storeBytes(of: digits[Int(a &>> 2)], toByteOffset: written, as: UInt8.self)
        out.storeBytes(of: digits[Int((a &<< 4 | b &>> 4) & 63)], toByteOffset: written &+ 1, as: UInt8.self)
        guard read &+ 1 < count else { return }
        out.storeBytes(of: digits[Int(b &<< 2 & 63)], toByteOffset: written &+ 2, as: UInt8.self)
    }
}

/// The LZ4 block format for single pages, both ways; written from the format's description.
///
/// A block is a chain of sequences: a token (literal count in the high half, match length − 4 in the low half; 15 means
/// that bytes of 255 follow until a smaller one), the literals, a 16-bit little-endian distance back, and the match. The
/// last sequence has literals only; the last five bytes are always literals.
package enum LZ4 {
    /// A compressed page must be at most this long to be worth decompressing.
    static let worthwhile = 3584
    private static let minimumMatch = 4
    /// No match begins in the last twelve bytes, none reaches into the last five: what every decoder relies on.
    private static let lastMatchStart = 12
    private static let lastLiterals = 5
    private static let hashBits = 10

    /// - Parameters:
    ///   - source: At most 65,535 bytes.
    ///   - target: Room for `limit` bytes.
    /// - Returns: Bytes written, or nil if they would be more than `limit`.
    package static func compress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer, limit: Int
    ) -> Int? {
        guard let base = source.baseAddress, source.count > lastMatchStart else { return nil }
        return withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 1 << hashBits) { table in
            table.initialize(repeating: 0)
            var output = Output(target: target, limit: limit)
            let end = source.count
            var anchor = 0
            var position = 1
            var misses = 0
            while position + lastMatchStart <= end {
                let word: UInt32 = base.get(position)
                let slot = Int((word &* 2_654_435_761) >> UInt32(32 - hashBits))
                let candidate = Int(table[slot])
                table[slot] = UInt16(truncatingIfNeeded: position)
                guard candidate < position, base.get(candidate, as: UInt32.self) == word else {
                    misses += 1
                    position += 1 + misses >> 5
                    continue
                }
                misses = 0
                let length = matchLength(base, candidate, position, end: end - lastLiterals)
                let literals = source.part(anchor, position - anchor)
                guard output.sequence(literals, distance: position - candidate, length: length) else { return nil }
                position += length
                anchor = position
            }
            guard output.last(source.part(anchor, end - anchor)) else { return nil }
            return output.count
        }
    }

    private static func matchLength(_ base: UnsafeRawPointer, _ a: Int, _ b: Int, end: Int) -> Int {
        var length = minimumMatch
        while b + length < end, base.get(a + length, as: UInt8.self) == base.get(b + length, as: UInt8.self) {
            length += 1
        }
        return length
    }

    /// Fills the target exactly.
    ///
    /// - Returns: false if the block is malformed or does not give exactly that many bytes.
    package static func decompress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard let base = target.baseAddress else { return source.isEmpty }
        var input = Input(source: source)
        var written = 0
        while true {
            guard let token = input.byte(), let literals = input.length(token >> 4),
                literals <= target.count - written, let bytes = input.take(literals)
            else { return false }
            if literals > 0 { (base + written).copyMemory(from: bytes, byteCount: literals) }
            written += literals
            if input.isAtEnd { return written == target.count }
            guard let distance = input.distance(), distance > 0, distance <= written,
                let extra = input.length(token & 15), extra + minimumMatch <= target.count - written
            else { return false }
            // Byte by byte: a match may overlap what it produces.
            for _ in 0..<(extra + minimumMatch) {
                target[written] = target[written - distance]
                written += 1
            }
        }
    }

    private struct Output {
        let target: UnsafeMutableRawPointer
        let limit: Int
        var count = 0

        mutating func sequence(_ literals: UnsafeRawBufferPointer, distance: Int, length: Int) -> Bool {
            guard count + literals.count + (literals.count + length) / 255 + 8 <= limit else { return false }
            token(literals.count, length - minimumMatch)
            copy(literals)
            target.put(UInt16(distance), at: count)
            count += 2
            if length - minimumMatch >= 15 { tail(length - minimumMatch - 15) }
            return true
        }

        mutating func last(_ literals: UnsafeRawBufferPointer) -> Bool {
            guard count + literals.count + literals.count / 255 + 4 <= limit else { return false }
            token(literals.count, 0)
            copy(literals)
            return true
        }

        private mutating func token(_ literals: Int, _ match: Int) {
            target.put(UInt8(min(literals, 15) << 4 | min(match, 15)), at: count)
            count += 1
            if literals >= 15 { tail(literals - 15) }
        }

        private mutating func tail(_ rest: Int) {
            var rest = rest
            while rest >= 255 {
                target.put(UInt8(255), at: count)
                count += 1
                rest -= 255
            }
            target.put(UInt8(rest), at: count)
            count += 1
        }

        private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
            guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
            (target + count).copyMemory(from: base, byteCount: bytes.count)
            count += bytes.count
        }
    }

    private struct Input {
        let source: UnsafeRawBufferPointer
        var offset = 0

        var isAtEnd: Bool { offset == source.count }

        mutating func byte() -> Int? {
            guard offset < source.count else { return nil }
            defer { offset += 1 }
            return Int(source[offset])
        }

        /// A length whose first four bits stood in the token. Bounded by what a page can hold.
        mutating func length(_ start: Int) -> Int? {
            guard start == 15 else { return start }
            var total = 15
            while let next = byte() {
                total += next
                if total > 65_535 { return nil }
                if next < 255 { return total }
            }
            return nil
        }

        mutating func take(_ count: Int) -> UnsafeRawPointer? {
            guard offset + count <= source.count, let base = source.baseAddress else { return nil }
            defer { offset += count }
            return base + offset
        }

        mutating func distance() -> Int? {
            guard let low = byte(), let high = byte() else { return nil }
            return low | high << 8
        }
    }
}

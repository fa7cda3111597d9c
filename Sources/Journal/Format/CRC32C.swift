/// CRC32C (Castagnoli), the checksum of every header and body in the journal.
///
/// Software, eight bytes a step (slicing-by-8), so that it is equally right on every machine.
package enum CRC32C {
    /// - Parameters:
    ///   - bytes: What to sum.
    ///   - seed: The sum of what came before; 0 at the beginning.
    package static func of(_ bytes: UnsafeRawBufferPointer, seed: UInt32 = 0) -> UInt32 {
        guard let base = bytes.baseAddress else { return seed }
        let table = tables.pointer
        var crc = ~seed
        var offset = 0
        let count = bytes.count
        while offset &+ 8 <= count {
            let low = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) ^ crc
            let high = UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset &+ 4, as: UInt32.self))
            crc = step(table, low, high)
            offset &+= 8
        }
        while offset < count {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            crc = (crc &>> 8) ^ table[Int((crc ^ UInt32(byte)) & 0xFF)]
            offset &+= 1
        }
        return ~crc
    }

    @inline(__always)
    private static func step(_ table: UnsafePointer<UInt32>, _ low: UInt32, _ high: UInt32) -> UInt32 {
        let a = table[1792 &+ Int(low & 0xFF)] ^ table[1536 &+ Int((low &>> 8) & 0xFF)]
        let b = table[1280 &+ Int((low &>> 16) & 0xFF)] ^ table[1024 &+ Int(low &>> 24)]
        let c = table[768 &+ Int(high & 0xFF)] ^ table[512 &+ Int((high &>> 8) & 0xFF)]
        let d = table[256 &+ Int((high &>> 16) & 0xFF)] ^ table[Int(high &>> 24)]
        return a ^ b ^ c ^ d
    }

    private static let tables = Tables()

    /// Eight tables of 256 words behind one raw pointer: an array would check bounds on every byte.
    private struct Tables: @unchecked Sendable {
        // Safe to share: written once, before the `let` above is published, and never freed.
        let pointer: UnsafePointer<UInt32>

        init() {
            let words = UnsafeMutablePointer<UInt32>.allocate(capacity: 8 * 256)
            for index in 0..<256 {
                var crc = UInt32(index)
                for _ in 0..<8 { crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1 }
                words[index] = crc
            }
            for index in 256..<(8 * 256) {
                let previous = words[index - 256]
                words[index] = (previous >> 8) ^ words[Int(previous & 0xFF)]
            }
            pointer = UnsafePointer(words)
        }
    }
}

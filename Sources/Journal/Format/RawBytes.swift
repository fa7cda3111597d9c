/// Little-endian loads and stores at any alignment: the only way that the formats of this room touch memory.
extension UnsafeRawPointer {
    @inline(__always)
    func get<T: FixedWidthInteger>(_ offset: Int, as type: T.Type = T.self) -> T {
        T(littleEndian: loadUnaligned(fromByteOffset: offset, as: T.self))
    }
}

extension UnsafeMutableRawPointer {
    @inline(__always)
    func put<T: FixedWidthInteger>(_ value: T, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }
}

extension UnsafeRawBufferPointer {
    /// A part of the buffer, counted from its own beginning. The caller has checked the bounds.
    @inline(__always)
    func part(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[offset..<(offset + count)])
    }
}

/// Sizes that every file of the journal is made of.
enum Block {
    /// Flushes begin on multiples of this: the unit that a disk is assumed to replace without touching its neighbours.
    static let size = 4096

    static func roundUp(_ bytes: Int) -> Int { (bytes + size - 1) & ~(size - 1) }
}

import Seams
import Vocabulary

/// The free pages of a plain database file, which still hold what was deleted.
///
/// They form a list of trunk pages: the next trunk, a count, that many numbers of leaf pages.
/// https://sqlite.org/fileformat2.html#the_freelist
struct FreePages {
    private static let page = PageHash.pageSize
    /// Numbers that a trunk has room for.
    private static let most = (page - 8) / 4
    /// Pages written with one call.
    private static let run = 256
    private static let zeros = [UInt8](repeating: 0, count: run * page)

    private let file: any File

    init(_ file: any File) { self.file = file }

    /// Overwrites them with zeros. A list that does not follow the format is left where it does not.
    ///
    /// - Parameter mustStop: asked once per trunk.
    /// - Throws: what the disk says.
    func clear(unless mustStop: () -> Bool) throws(FileError) {
        let pageCount = UInt32(clamping: try file.size() / Int64(Self.page))
        let header = try read(at: 0, count: 40)
        guard header.count == 40 else { return }
        var trunk = Self.word(header, 32)
        var left = Self.word(header, 36)
        while trunk > 1, trunk <= pageCount, left > 0, !mustStop() {
            let bytes = try read(at: offset(trunk), count: Self.page)
            guard bytes.count == Self.page, case let count = Int(Self.word(bytes, 4)), count <= Self.most else {
                return
            }
            let leaves = (0..<count).map { Self.word(bytes, 8 + 4 * $0) }.sorted()
            guard leaves.allSatisfy({ $0 > 1 && $0 <= pageCount }), UInt64(count) < UInt64(left) else { return }
            try clear(leaves)
            try clear(from: offset(trunk) + Int64(8 + 4 * count), bytes: Self.page - 8 - 4 * count)
            left -= UInt32(count) + 1
            trunk = Self.word(bytes, 0)
        }
    }

    /// Neighbours go out in one call.
    private func clear(_ pages: [UInt32]) throws(FileError) {
        var start = 0
        while start < pages.count {
            var end = start + 1
            while end < pages.count, end - start < Self.run, pages[end] == pages[end - 1] + 1 { end += 1 }
            try clear(from: offset(pages[start]), bytes: (end - start) * Self.page)
            start = end
        }
    }

    private func clear(from offset: Int64, bytes: Int) throws(FileError) {
        guard bytes > 0 else { return }
        try Self.zeros.withUnsafeBytesTyped { raw throws(FileError) in
            try file.write(UnsafeRawBufferPointer(rebasing: raw[..<bytes]), at: offset)
        }
    }

    private func read(at offset: Int64, count: Int) throws(FileError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let read = try bytes.withUnsafeMutableBytesTyped { raw throws(FileError) in
            try file.read(into: raw, at: offset)
        }
        bytes.removeLast(count - read)
        return bytes
    }

    private func offset(_ page: UInt32) -> Int64 { Int64(page - 1) * Int64(Self.page) }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
    }
}

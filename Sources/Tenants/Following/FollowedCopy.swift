import Seams
import Vocabulary

/// A file that pages are put into, and the checksum of what is in it all the while: an old page's term goes as it is read,
/// a new one's comes as it is read back.
struct FollowedCopy: Sendable {
    private let file: any File
    private(set) var pageCount: UInt32
    private(set) var checksum: UInt64
    /// Written since the last sync.
    private(set) var unsyncedBytes: Int64 = 0
    /// As its header says, when it was last looked at.
    var isDatabase = false

    /// - Parameter found: of the whole file.
    init(_ file: any File, _ found: FileChecksum) {
        self.file = file
        pageCount = found.pageCount
        checksum = found.checksum
    }

    /// Takes the batch's size, then its pages.
    ///
    /// - Throws: what the disk says; the checksum is then not to be trusted.
    mutating func put(_ batch: PageBatch) throws(FileError) {
        try resize(to: batch.pageCount)
        for index in 0..<batch.count { try put(batch, index, as: batch.number(at: index)) }
    }

    private mutating func put(_ batch: PageBatch, _ index: Int, as number: UInt32) throws(FileError) {
        checksum ^= try hash(of: number)
        try batch.withImage(at: index) { image throws(FileError) in try file.write(image, at: offset(number)) }
        checksum ^= try hash(of: number)
        unsyncedBytes += Int64(PageHash.pageSize)
    }

    /// Cuts pages off, or adds pages of zeros.
    ///
    /// - Throws: as `put`.
    mutating func resize(to count: UInt32) throws(FileError) {
        guard count != pageCount else { return }
        if count < pageCount { try forget(from: count + 1) }
        try file.truncate(to: Int64(count) * Int64(PageHash.pageSize))
        while pageCount < count {
            pageCount += 1
            checksum ^= PageHash.ofZeroPage(number: pageCount)
        }
    }

    /// Takes the terms of pages that are cut off out of the checksum.
    private mutating func forget(from first: UInt32) throws(FileError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Self.readPages * PageHash.pageSize, alignment: 16)
        defer { buffer.deallocate() }
        let last = pageCount
        pageCount = first - 1
        var number = first
        while number <= last {
            let count = min(Self.readPages, Int(last - number) + 1)
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count * PageHash.pageSize)])
            guard try file.read(into: part, at: offset(number)) == part.count else { throw Self.short(number) }
            for index in 0..<count {
                checksum ^= PageHash.of(page: part.baseAddress! + index * PageHash.pageSize, number: number)
                number += 1
            }
        }
    }

    /// 1 MiB.
    private static let readPages = 256

    mutating func sync() throws(FileError) {
        try file.sync()
        unsyncedBytes = 0
    }

    private func hash(of number: UInt32) throws(FileError) -> UInt64 {
        var bytes = [UInt8](repeating: 0, count: PageHash.pageSize)
        let count = try bytes.withUnsafeMutableBytesTyped { raw throws(FileError) in
            try file.read(into: raw, at: offset(number))
        }
        guard count == bytes.count else { throw Self.short(number) }
        return bytes.withUnsafeBytes { PageHash.of(page: $0.baseAddress!, number: number) }
    }

    private static func short(_ number: UInt32) -> FileError {
        .failed(operation: "read of page \(number)", path: "the copy", errno: 0)
    }

    private func offset(_ number: UInt32) -> Int64 { Int64(number - 1) * Int64(PageHash.pageSize) }
}

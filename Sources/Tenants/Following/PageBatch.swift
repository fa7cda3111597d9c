import Seams
import Vocabulary

/// Pages as they go from one node to another: each as its number, 4 bytes little-endian, and its 4,096 bytes.
package struct PageBatch: Equatable, Sendable {
    package static let entryBytes = 4 + PageHash.pageSize

    /// Of the database, as of the newest commit in the batch.
    package var pageCount: UInt32
    package private(set) var bytes: [UInt8] = []

    package init(pageCount: UInt32, capacity: Int = 0) {
        self.pageCount = pageCount
        bytes.reserveCapacity(capacity * Self.entryBytes)
    }

    /// - Returns: nil for bytes that are no batch, or with a page that is none of the database's.
    package init?(pageCount: UInt32, bytes: [UInt8]) {
        guard bytes.count % Self.entryBytes == 0 else { return nil }
        self.pageCount = pageCount
        self.bytes = bytes
        for index in 0..<count where !(1...max(pageCount, 1)).contains(number(at: index)) { return nil }
    }

    package var count: Int { bytes.count / Self.entryBytes }

    mutating func append(_ number: UInt32, _ image: UnsafeRawPointer) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: UnsafeRawBufferPointer(start: image, count: PageHash.pageSize))
    }

    func number(at index: Int) -> UInt32 {
        bytes.withUnsafeBytes {
            UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: index * Self.entryBytes, as: UInt32.self))
        }
    }

    func withImage<T>(
        at index: Int, _ body: (UnsafeRawBufferPointer) throws(FileError) -> T
    ) throws(FileError) -> T {
        let start = index * Self.entryBytes + 4
        return try bytes.withUnsafeBytesTyped { raw throws(FileError) in
            try body(UnsafeRawBufferPointer(rebasing: raw[start..<(start + PageHash.pageSize)]))
        }
    }
}

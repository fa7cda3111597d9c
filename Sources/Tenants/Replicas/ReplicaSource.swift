import Seams
import Vocabulary

/// A tenant's state, page by page, as replicas see it. Blocks.
///
/// A copy's first page differs from the tenant's in what says how the file is written: a replica keeps a log, and finds out by the
/// schema's version, which a copy counts anew, that its cached schema is old.
struct ReplicaSource: Sendable {
    let snapshot: TenantSnapshot

    var bookmark: Bookmark { snapshot.bookmark }
    var pageCount: UInt32 { UInt32(snapshot.byteCount / Int64(PageHash.pageSize)) }

    /// - Parameter first: from 1.
    func pages(_ count: UInt32, from first: UInt32) throws(FileError) -> [UInt8] {
        var bytes = try snapshot.readNow(
            Int(count) * PageHash.pageSize, at: Int64(first - 1) * Int64(PageHash.pageSize))
        guard bytes.count == Int(count) * PageHash.pageSize else {
            throw .failed(operation: "read of page \(first)", path: "a tenant's copy", errno: 0)
        }
        if first == 1 { bytes.withUnsafeMutableBytes { Self.dress($0, schemaVersion: snapshot.schemaVersion) } }
        return bytes
    }

    /// Makes the first page what replicas get. https://sqlite.org/fileformat.html#the_database_header
    static func dress(_ page: UnsafeMutableRawBufferPointer, schemaVersion: UInt32) {
        page[18] = 2
        page[19] = 2
        page.storeBytes(of: UInt32(1).bigEndian, toByteOffset: 24, as: UInt32.self)
        page.storeBytes(of: schemaVersion.bigEndian, toByteOffset: 40, as: UInt32.self)
        page.storeBytes(of: UInt32(1).bigEndian, toByteOffset: 92, as: UInt32.self)
        for offset in PushMark.offset..<PushMark.offset + PushMark.length { page[offset] = 0 }
    }
}

/// The first 100 bytes of a database file that came from outside, and what they promise
/// (https://sqlite.org/fileformat2.html#the_database_header). Pure.
struct UploadHeader: Equatable, Sendable {
    static let length = 100

    enum Encoding: Equatable, Sendable { case utf8, utf16 }

    let pageSize: Int
    let encoding: Encoding
    /// Of the whole file; one that is longer or shorter is not what its writer left.
    let pageCount: Int64

    private static let magic = Array("SQLite format 3\0".utf8)

    /// - Parameters:
    ///   - bytes: the file's first 100, or all of a shorter one.
    ///   - size: of the whole file.
    init(_ bytes: [UInt8], size: Int64) throws(UploadFailure) {
        guard size > 0 else { throw .notDatabase("it is empty") }
        guard bytes.starts(with: Self.magic) else {
            throw .notDatabase("it does not begin as one; a dump of SQL goes in as statements")
        }
        guard bytes.count >= Self.length else { throw .damaged("it ends within its header") }
        func number(_ offset: Int, _ count: Int) -> Int {
            bytes[offset..<(offset + count)].reduce(0) { $0 << 8 | Int($1) }
        }
        pageSize = try Self.pageSize(number(16, 2))
        guard bytes[18...19].allSatisfy({ (1...2).contains($0) }) else {
            throw .notDatabase("its format (\(bytes[18]), \(bytes[19])) is newer than this server knows")
        }
        // Fixed by the format, and what SQLite itself looks at.
        guard bytes[21] == 64, bytes[22] == 32, bytes[23] == 32, pageSize - Int(bytes[20]) >= 480 else {
            throw .notDatabase("its header says what no database's does")
        }
        guard number(44, 4) <= 4 else { throw .notDatabase("its schema's format is newer than this server knows") }
        encoding = try Self.encoding(number(56, 4))
        pageCount = try Self.pageCount(
            size: size, pageSize: pageSize, stated: number(28, 4), isStated: number(24, 4) == number(92, 4))
    }

    private static func pageSize(_ value: Int) throws(UploadFailure) -> Int {
        let size = value == 1 ? 65_536 : value
        guard (512...65_536).contains(size), size & (size - 1) == 0 else {
            throw .notDatabase("its pages have \(size) bytes")
        }
        return size
    }

    /// 0 where nothing was ever written.
    private static func encoding(_ value: Int) throws(UploadFailure) -> Encoding {
        switch value {
        case 0, 1: return .utf8
        case 2, 3: return .utf16
        default: throw .notDatabase("its text encoding is unknown")
        }
    }

    /// - Parameter isStated: the header's page count is of its last change; old programs change the file and not the count.
    private static func pageCount(
        size: Int64, pageSize: Int, stated: Int, isStated: Bool
    ) throws(UploadFailure) -> Int64 {
        let pages = size / Int64(pageSize)
        guard size % Int64(pageSize) == 0, pages > 0 else {
            throw .damaged("it has \(size) bytes, which are no whole number of pages of \(pageSize)")
        }
        guard !isStated || stated == 0 || Int64(stated) == pages else {
            throw .damaged(
                "its header promises \(stated) pages and it has \(pages)"
                    + (stated > pages ? ": it was cut off" : ""))
        }
        return pages
    }
}

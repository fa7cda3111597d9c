import CSQLite
import Foundation
import Testing

@testable import Tenants

/// What the native client does offline: SQLite over the replica's pages, with a log that nothing is copied from.
final class LocalWriter {
    private let path: String
    private var database: OpaquePointer?

    init(_ pages: [[UInt8]]) throws {
        path = NSTemporaryDirectory() + "rowhouse-local-" + UUID().uuidString
        try Data(pages.joined()).write(to: URL(fileURLWithPath: path))
        #expect(sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, "unix") == SQLITE_OK)
        try run("PRAGMA wal_autocheckpoint=0")
    }

    deinit {
        sqlite3_close_v2(database)
        for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + end) }
    }

    func run(_ sql: String) throws {
        let code = sqlite3_exec(database, sql, nil, nil, nil)
        try #require(code == SQLITE_OK, "\(sql): \(String(cString: sqlite3_errmsg(database)))")
    }

    /// Header and page of each, as the client sends them.
    var frames: [UInt8] {
        guard let log = FileManager.default.contents(atPath: path + "-wal"), log.count > 32 else { return [] }
        return Array(log.dropFirst(32))
    }
}

extension [UInt8] {
    /// One frame.
    static func frame(_ page: UInt32, _ size: UInt32, _ content: [UInt8] = [UInt8](repeating: 0, count: 4096))
        -> [UInt8]
    {
        var header = [UInt8](repeating: 0, count: 24)
        for index in 0..<4 {
            header[index] = UInt8(truncatingIfNeeded: page >> (24 - 8 * index))
            header[4 + index] = UInt8(truncatingIfNeeded: size >> (24 - 8 * index))
        }
        return header + content
    }

    var frameCount: UInt32 { UInt32(count / ReplicaFrame.bytes) }

    func frames(_ range: Range<Int>) -> [UInt8] {
        Array(self[range.lowerBound * ReplicaFrame.bytes..<range.upperBound * ReplicaFrame.bytes])
    }

    func page(ofFrame index: Int) -> UInt32 {
        self[index * ReplicaFrame.bytes..<index * ReplicaFrame.bytes + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Of a frame, from 0.
    func size(ofFrame index: Int) -> UInt32 {
        self[(index * ReplicaFrame.bytes + 4)..<(index * ReplicaFrame.bytes + 8)].reduce(0) { $0 << 8 | UInt32($1) }
    }
}

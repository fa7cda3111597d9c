import CSQLite
import Foundation
import SQLiteKit
import Seams
import Synchronization
import Vocabulary

/// A folder of its own with one database that the VFS may open.
final class Workshop {
    let directory: String
    let vfs: DatabaseVFS
    let temporary = TempAccount(limit: 64 << 20)

    init(descriptors: Int = 8, perTenantLog: Int = 256 << 20) throws {
        directory = NSTemporaryDirectory() + "rowhouse-sqlitekit-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        vfs = DatabaseVFS(
            files: PosixFiles(), budget: WALBudget(perTenant: perTenantLog, perNode: 1 << 30),
            settings: .init(descriptors: descriptors, temporaryDirectory: directory))
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    /// A database in rollback mode, its header then marked as WAL: how templates are made.
    func makeDatabase(_ name: String, sql: String) throws -> String {
        let path = directory + "/" + name
        var handle: OpaquePointer?
        SQLiteRuntime.start()
        precondition(sqlite3_open(path, &handle) == SQLITE_OK)
        precondition(sqlite3_exec(handle, "PRAGMA page_size=4096; VACUUM;" + sql, nil, nil, nil) == SQLITE_OK)
        sqlite3_close(handle)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: 18)
        try file.write(contentsOf: Data([2, 2]))
        try file.close()
        return path
    }

    func connect(_ file: DatabaseFile, memory: MemoryAccount? = nil, options: Connection.Options = .init()) throws
        -> Connection
    {
        try Connection(vfs: vfs, file: file, temporary: temporary, memory: memory, options: options)
    }
}

/// A copy of a database kept up to date from captured commits alone, and its rolling checksum.
final class Replica: CommitObserver, @unchecked Sendable {
    var pages: [[UInt8]]
    var checksum: UInt64 = 0
    var commits = 0
    /// The same for other threads.
    let heard = Atomic<Int64>(0)
    var refuseAfter = Int.max
    var reserved = 0
    var releases = 0
    var mismatches: [String] = []

    init(path: String) {
        let bytes = [UInt8](FileManager.default.contents(atPath: path)!)
        pages = stride(from: 0, to: bytes.count, by: 4096).map { Array(bytes[$0..<($0 + 4096)]) }
        checksum = Self.checksum(pages)
    }

    static func checksum(_ pages: [[UInt8]]) -> UInt64 {
        var sum: UInt64 = 0
        for (index, page) in pages.enumerated() { sum ^= hash(page, index + 1) }
        return sum
    }

    static func hash(_ page: [UInt8], _ number: Int) -> UInt64 {
        page.withUnsafeBytes { PageHash.of(page: $0.baseAddress!, number: UInt32(number)) }
    }

    func reservePage() -> Bool {
        reserved += 1
        return reserved <= refuseAfter
    }

    func releaseReservation() { releases += 1 }

    func commit(_ commit: borrowing CapturedCommit) {
        commits += 1
        heard.add(1, ordering: .acquiringAndReleasing)
        if Int(commit.pageCountBefore) != pages.count {
            mismatches.append("size before: \(commit.pageCountBefore) for \(pages.count)")
        }
        commit.forEachRemovedPage { number, previous in
            if let previous { compare(number, previous) }
            checksum ^= Self.hash(pages[Int(number) - 1], Int(number))
        }
        commit.forEachSkippedPage { checksum ^= PageHash.ofZeroPage(number: $0) }
        let before = pages.count
        let zeros = [UInt8](repeating: 0, count: 4096)
        if commit.pageCountAfter < before { pages.removeLast(before - Int(commit.pageCountAfter)) }
        while pages.count < commit.pageCountAfter { pages.append(zeros) }
        commit.forEachPage { number, previous, current, lost in
            if lost { mismatches.append("page \(number) lost") }
            if let previous {
                compare(number, previous)
                checksum ^= Self.hash(pages[Int(number) - 1], Int(number))
            } else if number <= before {
                mismatches.append("no previous image of page \(number)")
            }
            pages[Int(number) - 1] = Array(UnsafeRawBufferPointer(start: current, count: 4096))
            checksum ^= Self.hash(pages[Int(number) - 1], Int(number))
        }
    }

    private func compare(_ number: UInt32, _ image: UnsafeRawPointer) {
        let same = pages[Int(number) - 1].withUnsafeBytes { memcmp($0.baseAddress!, image, 4096) == 0 }
        if !same { mismatches.append("previous image of page \(number) differs") }
    }

    var bytes: [UInt8] { Array(pages.joined()) }
}

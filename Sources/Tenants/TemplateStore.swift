import CSQLite
import SQLiteKit
import Seams
import Synchronization
import Vocabulary

/// What a new tenant begins as: a complete database file, named by the hash of its content, synced before its first use
/// and kept while a journal segment names it.
package struct Template: Hashable, Sendable {
    package let hash: UInt64
    package let pageCount: UInt32
    /// The rolling checksum of its pages.
    package let checksum: UInt64
}

/// The templates of a node.
package final class TemplateStore: Sendable {
    private let files: any Files
    private let layout: TenantLayout
    /// Templates that this process knows to be durable.
    private let known = Mutex<[UInt64: [UInt8]]>([:])
    private let asides = Atomic<UInt64>(0)

    init(files: any Files, layout: TenantLayout) {
        self.files = files
        self.layout = layout
    }

    /// Builds the database that the SQL makes and stores it. The same content gives the same template.
    ///
    /// - Throws: `TenantsError.templateInvalid` with what SQLite says; `.storage`.
    package func make(sql: String) throws(TenantsError) -> Template {
        let bytes = try TemplateBuilder.build(sql: sql)
        let template = Self.describe(bytes)
        try store(bytes, template)
        known.withLock { $0[template.hash] = bytes }
        return template
    }

    /// Looks whether the SQL makes a template; nothing is stored.
    ///
    /// - Throws: `TenantsError.templateInvalid` with what SQLite says.
    package static func check(sql: String) throws(TenantsError) { _ = try TemplateBuilder.build(sql: sql) }

    /// Writes a tenant's first file. It is not synced: recovery makes it again from its record (rule J8).
    func instantiate(_ template: Template, at path: String) throws(TenantsError) {
        let bytes = try content(of: template)
        do throws(FileError) {
            let file = try open(path)
            defer { file.close() }
            try bytes.withUnsafeBytesTyped { raw throws(FileError) in try file.write(raw, at: 0) }
        } catch {
            throw error.asTenantsError
        }
    }

    private func open(_ path: String) throws(FileError) -> any File {
        do throws(FileError) {
            return try files.open(path, .createNew)
        } catch {
            guard case .notFound = error, let slash = path.lastIndex(of: "/") else { throw error }
            try files.makeDirectory(String(path[..<slash]))
            return try files.open(path, .createNew)
        }
    }

    private func content(of template: Template) throws(TenantsError) -> [UInt8] {
        if let bytes = known.withLock({ $0[template.hash] }) { return bytes }
        do throws(FileError) {
            let file = try files.open(layout.templatePath(hash: template.hash), .read)
            defer { file.close() }
            var bytes = [UInt8](repeating: 0, count: Int(try file.size()))
            let count = try bytes.withUnsafeMutableBytesTyped { raw throws(FileError) in try file.read(into: raw, at: 0)
            }
            bytes.removeLast(bytes.count - count)
            guard Self.describe(bytes) == template else {
                throw FileError.failed(operation: "check of the content", path: "template", errno: 0)
            }
            return bytes
        } catch {
            throw error.asTenantsError
        }
    }

    /// Durable under its name when this returns. Several threads may store the same template at once.
    private func store(_ bytes: [UInt8], _ template: Template) throws(TenantsError) {
        guard known.withLock({ $0[template.hash] }) == nil else { return }
        let path = layout.templatePath(hash: template.hash)
        do throws(FileError) {
            try files.makeDirectory(layout.templates)
            if try files.size(of: path) != Int64(bytes.count) {
                let (_, number) = asides.add(1, ordering: .relaxed)
                let aside = "\(path).\(number)\(Self.unfinished)"
                do throws(FileError) {
                    try write(bytes, to: aside)
                    try files.rename(aside, to: path)
                } catch {
                    try? files.remove(aside)
                    throw error
                }
            }
            // Also where it was there already: whoever put it there may not have come so far.
            try files.syncDirectory(layout.templates)
        } catch {
            throw error.asTenantsError
        }
    }

    private func write(_ bytes: [UInt8], to path: String) throws(FileError) {
        let file = try files.open(path, .createNew)
        defer { file.close() }
        try bytes.withUnsafeBytesTyped { raw throws(FileError) in try file.write(raw, at: 0) }
        try file.sync()
    }

    private static let unfinished = ".new"
    static func isUnfinished(_ name: String) -> Bool { name.hasSuffix(unfinished) }

    private static func describe(_ bytes: [UInt8]) -> Template {
        bytes.withUnsafeBytes { raw in
            let pages = raw.count / PageHash.pageSize
            var sum: UInt64 = 0
            for page in 0..<pages {
                sum ^= PageHash.of(page: raw.baseAddress! + page * PageHash.pageSize, number: UInt32(page + 1))
            }
            return Template(hash: PageHash.xxh64(raw, seed: 0), pageCount: UInt32(pages), checksum: sum)
        }
    }
}

/// Runs a template's SQL on a database in memory and takes its bytes.
enum TemplateBuilder {
    static func build(sql: String) throws(TenantsError) -> [UInt8] {
        SQLiteRuntime.start()
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(":memory:", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
        guard code == SQLITE_OK, let database = handle else {
            throw .templateInvalid(reason: "SQLite does not open a database in memory (code \(code))")
        }
        defer { sqlite3_close_v2(database) }
        sqlite3_limit(database, SQLITE_LIMIT_ATTACHED, 0)
        // Nothing may be written before the template's own SQL: auto_vacuum can be chosen for an empty file only.
        try run("PRAGMA page_size=4096; PRAGMA encoding='UTF-8'", on: database)
        try runScript(sql, on: database)
        guard sqlite3_get_autocommit(database) != 0 else {
            throw .templateInvalid(reason: "its SQL leaves a transaction open")
        }
        // An empty template would have no page at all.
        if try isEmpty(database) { try run("PRAGMA application_id=1; PRAGMA application_id=0", on: database) }
        var size: sqlite3_int64 = 0
        guard let bytes = sqlite3_serialize(database, "main", &size, 0), size > 0 else {
            throw .templateInvalid(reason: "SQLite does not serialise it")
        }
        defer { sqlite3_free(bytes) }
        var result = Array(UnsafeBufferPointer(start: bytes, count: Int(size)))
        guard result.count % PageHash.pageSize == 0, Array(result[16...17]) == [0x10, 0x00], result[59] <= 1 else {
            throw .templateInvalid(reason: "pages of 4096 bytes and UTF-8 are the server's choice; leave them alone")
        }
        // The header's format versions: WAL, so that it opens without a rollback journal past our capture.
        result[18] = 2
        result[19] = 2
        return result
    }

    private static func isEmpty(_ database: OpaquePointer) throws(TenantsError) -> Bool {
        var size: sqlite3_int64 = 0
        // Without a copy: only its size is wanted.
        _ = sqlite3_serialize(database, "main", &size, UInt32(SQLITE_SERIALIZE_NOCOPY))
        return size <= 0
    }

    /// Statement by statement, so that a mistake has its line.
    private static func runScript(_ sql: String, on database: OpaquePointer) throws(TenantsError) {
        var text = sql
        let failure: (offset: Int, reason: String)? = text.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return nil }
            return runStatements(UnsafeRawPointer(base).assumingMemoryBound(to: CChar.self), bytes.count, on: database)
        }
        guard let failure else { return }
        let line = sql.utf8.prefix(failure.offset).count { $0 == UInt8(ascii: "\n") } + 1
        throw .templateInvalid(reason: "line \(line): \(failure.reason)")
    }

    /// - Returns: the first failure, and how many bytes in front of it are right.
    private static func runStatements(
        _ text: UnsafePointer<CChar>, _ count: Int, on database: OpaquePointer
    ) -> (offset: Int, reason: String)? {
        var done = 0
        while done < count {
            var statement: OpaquePointer?
            var tail: UnsafePointer<CChar>?
            let code = sqlite3_prepare_v2(database, text + done, Int32(clamping: count - done), &statement, &tail)
            let message = { String(cString: sqlite3_errmsg(database)) }
            guard code == SQLITE_OK else {
                return (done + max(start(text + done, count - done), Int(sqlite3_error_offset(database))), message())
            }
            defer { sqlite3_finalize(statement) }
            while statement != nil, case let step = sqlite3_step(statement), step != SQLITE_DONE {
                guard step == SQLITE_ROW else { return (done + start(text + done, count - done), message()) }
            }
            guard let tail, tail > text + done else { return nil }
            done = tail - text
        }
        return nil
    }

    /// Space and line ends in front of a statement.
    private static func start(_ text: UnsafePointer<CChar>, _ count: Int) -> Int {
        (0..<count).first { !(9...13).contains(text[$0]) && text[$0] != 32 } ?? count
    }

    private static func run(_ sql: String, on database: OpaquePointer) throws(TenantsError) {
        guard sqlite3_exec(database, sql, nil, nil, nil) == SQLITE_OK else {
            throw .templateInvalid(reason: String(cString: sqlite3_errmsg(database)))
        }
    }
}

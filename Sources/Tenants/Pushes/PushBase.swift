import SQLiteKit
import Vocabulary

/// What of a tenant's first page a push must know.
struct PushBase: Sendable {
    let bookmark: Bookmark
    /// What its connections know of its schema.
    let schemaCookie: UInt32
    let mark: PushMark?
    let pageCount: UInt32

    /// - Precondition: on the tenant's thread.
    init(_ database: TenantDatabase) {
        bookmark = database.bookmark
        pageCount = database.state.pageCount
        let page = database.file.committedImage(of: 1)
        schemaCookie = page.map { UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: 40, as: UInt32.self)) } ?? 0
        mark = page.flatMap { PushMark(in: $0) }
    }
}

extension TenantDatabase {
    /// It goes on in a file that has what a replica pushed: what other replicas do not have yet is the first page alone.
    func noteTaken() {
        var touched = TouchedPages(since: bookmark, in: state.generation)
        touched.note(1)
        recorder.touched = touched
    }
}

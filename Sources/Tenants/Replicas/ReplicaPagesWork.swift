import SQLiteKit
import Seams
import Vocabulary

/// A tenant's change since a state that its replicas have, where it is small and known.
enum ReplicaChange: Sendable {
    case nothing
    case pages(ReplicaPages)
    /// Not known, or too large: the whole tenant is to be looked through.
    case unknown
}

/// The pages that make the tenant what it is now of what it was.
struct ReplicaPages: Sendable {
    var bookmark: Bookmark
    var pageCount: UInt32
    var pages: [(number: UInt32, bytes: [UInt8])]
}

/// Takes the pages that have changed straight from the tenant's log and file, on its thread.
final class ReplicaPagesWork: TenantWork, @unchecked Sendable {
    // @unchecked: `change` is written on the tenant's thread and read when the work is released, which comes after.
    let deadline: Instant
    let cancellation: WorkCancellation?
    private let known: Bookmark
    private let reply: Reply<ReplicaChange>
    private var change = ReplicaChange.unknown

    init(since known: Bookmark, deadline: Instant, _ cancellation: WorkCancellation?, _ reply: Reply<ReplicaChange>) {
        self.known = known
        self.deadline = deadline
        self.cancellation = cancellation
        self.reply = reply
    }

    var mayBeWithdrawn: Bool { true }

    func run(on database: TenantDatabase) -> WorkOutcome {
        let newest = database.newestLSN
        if database.bookmark == known {
            change = .nothing
        } else if let pages = take(from: database) {
            change = .pages(pages)
            database.recorder.touched = TouchedPages(since: database.bookmark, in: database.state.generation)
        }
        return .done(after: newest)
    }

    func refuse(_ error: TenantsError) { reply.send(.failure(error)) }

    func release() { reply.send(.success(change)) }

    private func take(from database: TenantDatabase) -> ReplicaPages? {
        guard let numbers = database.recorder.touched?.changed(since: known, in: database.state.generation),
            !hasTablesOfOurs(database)
        else { return nil }
        var taken = ReplicaPages(bookmark: database.bookmark, pageCount: database.file.pageCount, pages: [])
        for number in numbers where number <= taken.pageCount && number != ReplicaImage.lockPage {
            guard let image = database.file.committedImage(of: number) else { return nil }
            var bytes = [UInt8](UnsafeRawBufferPointer(start: image, count: PageHash.pageSize))
            if number == 1 {
                bytes.withUnsafeMutableBytes { ReplicaSource.dress($0, schemaVersion: database.schemaVersion) }
            }
            taken.pages.append((number, bytes))
        }
        return taken
    }

    /// Then the tenant's pages are not what replicas get; only a copy can be without them.
    private func hasTablesOfOurs(_ database: TenantDatabase) -> Bool {
        let found = try? database.own { connection throws(SQLiteError) in
            let statement = try connection.prepare(
                "SELECT 1 FROM sqlite_schema WHERE name IN (\(ServerTables.quoted))")
            return try statement.step()
        }
        return found ?? true
    }
}

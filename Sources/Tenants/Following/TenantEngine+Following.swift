import SQLiteKit
import Seams
package import Vocabulary

/// A tenant's file whose changes are remembered, so that a copy of it can be brought up to date while writes go on.
package struct FollowedFile: Equatable, Sendable {
    package var tenant: TenantID
    /// As of the beginning.
    package var state: TenantState
    /// That the file has, whatever is in the log.
    package var filePages: UInt32

    /// What a copy of the file is announced as.
    package var base: TenantState {
        var base = state
        base.pageCount = filePages
        return base
    }
}

/// What has changed since the last time, and how much is left.
package struct FollowedChanges: Equatable, Sendable {
    package var batch: PageBatch
    /// Pages that have changed and are not in the batch.
    package var left: Int
}

package enum FollowFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// The tenant goes on in another file, or was closed: a copy of this one is worth nothing.
    case anotherFile

    package var description: String { "its file was replaced or closed while it was copied" }
}

extension TenantEngine {
    /// Begins to remember which pages commits change. The file may be read from then on, page by page and in any order: what is
    /// torn, or older than the rest, is among the changes. The tenant stays open until `stopFollowing`.
    ///
    /// - Throws: `TenantsError`.
    package func follow(_ id: TenantID) async throws -> FollowedFile {
        try await withCheckedThrowingContinuation { continuation in
            submitUrgently(FollowWork(Reply(continuation)) { database in Self.begin(database) }, to: id)
        }
    }

    /// Takes pages that have changed, as they are now, and counts them as known.
    ///
    /// - Parameter limit: pages; they are read on the tenant's thread.
    /// - Throws: `FollowFailure`; `TenantsError`, `.storage` where the disk does not give a page back.
    package func changes(of file: FollowedFile, atMost limit: Int) async throws -> FollowedChanges {
        let changes: FollowedChanges? = try await withCheckedThrowingContinuation { continuation in
            submitUrgently(
                FollowWork(Reply(continuation)) { (database) throws(TenantsError) in
                    try Self.take(limit, of: file, database)
                }, to: file.tenant)
        }
        guard let changes else { throw FollowFailure.anotherFile }
        return changes
    }

    /// Harmless where nothing is followed.
    package func stopFollowing(_ id: TenantID) async {
        let _: Void? = try? await withCheckedThrowingContinuation { continuation in
            submitUrgently(StopFollowingWork(Reply(continuation)), to: id)
        }
    }

    /// What is in the log comes into the file later, and what lies beyond the file's end is nowhere: all that counts as changed.
    private static func begin(_ database: TenantDatabase) -> FollowedFile {
        let file = FollowedFile(
            tenant: database.tenant, state: database.state,
            filePages: UInt32(clamping: database.file.fileSize / Int64(PageHash.pageSize)))
        var changed = ChangedPages(in: database.state.generation)
        for page in database.file.livePages { changed.note(page) }
        if file.filePages < database.file.pageCount {
            for page in (file.filePages + 1)...database.file.pageCount { changed.note(page) }
        }
        database.recorder.followed = changed
        return file
    }

    private static func take(
        _ limit: Int, of file: FollowedFile, _ database: TenantDatabase
    ) throws(TenantsError) -> FollowedChanges? {
        guard var changed = database.recorder.followed, changed.generation == file.state.generation,
            changed.generation == database.state.generation
        else { return nil }
        let numbers = changed.take(limit, upTo: database.file.pageCount)
        var batch = PageBatch(pageCount: database.file.pageCount, capacity: numbers.count)
        for number in numbers {
            guard let image = database.file.committedImage(of: number) else {
                throw .storage("page \(number) of its file cannot be read")
            }
            batch.append(number, image)
        }
        database.recorder.followed = changed
        return FollowedChanges(batch: batch, left: changed.count)
    }
}

/// Looks at an open tenant on its thread, whatever it is closed to.
private final class FollowWork<Value: Sendable>: TenantWork {
    private let reply: Reply<Value>
    private let look: @Sendable (TenantDatabase) throws(TenantsError) -> Value

    init(_ reply: Reply<Value>, _ look: @escaping @Sendable (TenantDatabase) throws(TenantsError) -> Value) {
        self.reply = reply
        self.look = look
    }

    func handle(_ tenant: Tenant) -> Bool {
        guard let database = tenant.openDatabase else { return false }
        answer(database)
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome {
        answer(database)
        return .done(after: .none)
    }

    private func answer(_ database: TenantDatabase) {
        do throws(TenantsError) { reply.send(.success(try look(database))) } catch { reply.send(.failure(error)) }
    }

    func refuse(_ error: TenantsError) { reply.send(.failure(error)) }
    func release() {}
}

private final class StopFollowingWork: TenantWork {
    private let reply: Reply<Void>

    init(_ reply: Reply<Void>) { self.reply = reply }

    func handle(_ tenant: Tenant) -> Bool {
        tenant.openDatabase?.recorder.followed = nil
        reply.send(.success(()))
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { reply.send(.failure(error)) }
    func release() {}
}

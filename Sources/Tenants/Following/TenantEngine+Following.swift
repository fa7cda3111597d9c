import SQLiteKit
import Seams
import Synchronization
package import Vocabulary

/// A tenant's file whose changes are remembered, so that a copy of it can be brought up to date while writes go on.
package struct FollowedFile: Equatable, Sendable {
    package var tenant: TenantID
    /// As of the beginning.
    package var state: TenantState
    /// That the file has, whatever is in the log.
    package var filePages: UInt32
    /// Tells who follows from others who did.
    let follower: UInt64

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
        let follower = Self.followers.add(1, ordering: .relaxed).newValue
        return try await withCheckedThrowingContinuation { continuation in
            submitUrgently(FollowWork(Reply(continuation)) { database in Self.begin(database, follower) }, to: id)
        }
    }

    /// In this process.
    private static let followers = Atomic<UInt64>(0)

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

    /// Whether `changes` would find the same file.
    ///
    /// - Throws: `TenantsError`.
    package func isFollowed(_ file: FollowedFile) async throws -> Bool {
        try await withCheckedThrowingContinuation { continuation in
            submitUrgently(FollowWork(Reply(continuation)) { Self.follows(file, $0) }, to: file.tenant)
        }
    }

    /// Harmless where the file is followed no more.
    ///
    /// - Throws: `TenantsError.busy`: it is followed still; `.shuttingDown`.
    package func stopFollowing(_ file: FollowedFile) async throws {
        try await withCheckedThrowingContinuation { continuation in
            submitUrgently(StopFollowingWork(file.follower, Reply(continuation)), to: file.tenant)
        }
    }

    private static func follows(_ file: FollowedFile, _ database: TenantDatabase) -> Bool {
        guard let changed = database.recorder.followed else { return false }
        return changed.follower == file.follower && changed.generation == database.state.generation
    }

    /// What is in the log comes into the file later, and what lies beyond the file's end is nowhere: all that counts as changed.
    private static func begin(_ database: TenantDatabase, _ follower: UInt64) -> FollowedFile {
        let file = FollowedFile(
            tenant: database.tenant, state: database.state,
            filePages: UInt32(clamping: database.file.fileSize / Int64(PageHash.pageSize)), follower: follower)
        var changed = ChangedPages(in: database.state.generation, for: follower)
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
        guard follows(file, database), var changed = database.recorder.followed else { return nil }
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
    private let follower: UInt64
    private let reply: Reply<Void>

    init(_ follower: UInt64, _ reply: Reply<Void>) {
        self.follower = follower
        self.reply = reply
    }

    func handle(_ tenant: Tenant) -> Bool {
        if let recorder = tenant.openDatabase?.recorder, recorder.followed?.follower == follower {
            recorder.followed = nil
        }
        reply.send(.success(()))
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { reply.send(.failure(error)) }
    func release() {}
}

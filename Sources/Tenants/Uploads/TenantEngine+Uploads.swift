package import Seams
import Synchronization
package import Vocabulary

extension TenantEngine {
    /// Makes room for a file that is to become a tenant's content.
    ///
    /// - Parameters:
    ///   - length: bytes, where they are known.
    ///   - takesRoomAsItGrows: it may lie there for long, and what is made of it has room of its own: only what is being written
    ///     is reserved.
    /// - Throws: `UploadFailure`: `.engine(.diskFull)` where the file and what is made of it would not fit.
    package func beginUpload(
        of id: TenantID, length: Int64?, takesRoomAsItGrows: Bool = false
    ) async throws -> TenantUpload {
        let path = "\(layout.temporary)/upload-\(id)-\(Self.uploadNumbers.add(1, ordering: .relaxed).newValue).sqlite"
        return try await clerk.run { () throws(TenantsError) in
            do throws(UploadFailure) {
                return try TenantUpload(
                    id, path: path, length: length, takesRoomAsItGrows: takesRoomAsItGrows, engine: self)
            } catch {
                guard case .engine(let error) = error else { throw .storage("\(error)") }
                throw error
            }
        }
    }

    /// Looks at the file, which is complete, and puts its content in the tenant's place. When this returns that is durable.
    ///
    /// Open transactions and what streams have on their connections end (`SQLFailure.replaced`); whoever wants to write waits as
    /// for another's transaction. A crash at any moment finds the old content or the new one, whole.
    ///
    /// - Parameters:
    ///   - expected: what the tenant must be at that moment.
    ///   - deadline: until when it must be done.
    ///   - cancellation: through which the caller says that nobody waits any more; it counts until the writers have gone on.
    /// - Throws: `UploadFailure`; the tenant is as it was, except for `.engine(.outcomeUnknown)`.
    package func replace(
        by upload: TenantUpload, expecting expected: BookmarkCondition, deadline: Instant,
        cancellation: WorkCancellation
    ) async throws -> TenantState {
        let watch = UploadWatch(engine: self, deadline: deadline, cancellation)
        return try await run(on: upload.tenant, watch) { () throws(PushFailure) in
            do throws(UploadFailure) {
                let uploaded = try UploadCopy(
                    self, upload.tenant, path: upload.path, byteCount: upload.byteCount, watch: watch
                ).make()
                // The room is there for something else while writers are waited for.
                upload.discard()
                let replacement = Replacement(upload.tenant, expected)
                return try Replacer(engine: self, replacement: replacement, watch: watch).replace(by: uploaded)
            } catch {
                throw .content(error)
            }
        }
    }

    /// Runs this on one of the uploaders' threads.
    ///
    /// - Throws: `PushFailure`, and `UploadFailure` for its `content`.
    func run(
        on tenant: TenantID, _ watch: UploadWatch,
        _ body: @escaping @Sendable () throws(PushFailure) -> TenantState
    ) async throws -> TenantState {
        try await withCheckedThrowingContinuation { continuation in
            let job = UploadJob(tenant, watch, continuation) {
                do throws(PushFailure) { return .success(try body()) } catch { return .failure(error) }
            }
            if let refusal = uploads.add(job) { job.end(.failure(.content(.engine(refusal)))) }
        }
    }

    /// Tenants' contents replaced by uploaded files since the start.
    package var replacementCount: UInt64 { context.notices.replacementCount }

    /// Of this process: names of files that come in.
    private static let uploadNumbers = Atomic<UInt64>(0)
}

import Seams
package import Vocabulary

/// Frames of commits that a replica made offline, as one request brings them.
package struct ReplicaPush: Sendable {
    package var position: ReplicaPosition
    /// What the request before it was given.
    package var baton: String?
    package var frames: any RequestBytes
    /// Who pushes.
    package var principal: UInt64

    package init(position: ReplicaPosition, baton: String? = nil, frames: any RequestBytes, principal: UInt64) {
        self.position = position
        self.baton = baton
        self.frames = frames
        self.principal = principal
    }
}

/// What a replica is told that pushes.
package enum PushReply: Equatable, Sendable {
    /// It is at this frame of this generation. Where that is less than it sent, it is to go on from there.
    case at(generation: UInt32, frame: UInt32, Bookmark)
    /// The rest of a transaction is awaited; nothing of it is done.
    case goOn(baton: String)
    /// The tenant has gone on since what the replica stands on, and is here.
    case conflict(generation: UInt32, frame: UInt32, Bookmark)
    /// What it comes with was never given to it.
    case startAgain
}

extension TenantEngine {
    /// Takes what a replica has written offline, where nobody else has written since what it stands on. A push that ends with a
    /// commit is done, durably, when this returns; the same frames at the same place do nothing twice.
    ///
    /// - Throws: `PushFailure`; `UploadFailure` and `TenantsError`; what `nextGeneration` throws. The tenant is as it was then,
    ///   except for `.outcomeUnknown`.
    package func replicaPush(_ push: ReplicaPush, _ call: ReplicaCall) async throws -> PushReply {
        guard settings.pushBytes > 0 else { throw PushFailure.tooLarge }
        let frames = try PushedFrames(push.frames, at: push.position)
        return try await replicas.withTurn(of: call.tenant) { entry in
            let desk = PushDesk(engine: self, call: call, push: push, frames: frames, entry: entry)
            return try await desk.take()
        }
    }

    /// Pushes taken since the start.
    package var pushCount: UInt64 { context.notices.pushCount }
}

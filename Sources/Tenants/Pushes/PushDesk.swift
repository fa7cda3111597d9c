import Seams
import Vocabulary

/// One request of a push, from its numbers to what the replica is told. By whoever has the tenant's turn.
struct PushDesk {
    let engine: TenantEngine
    let call: ReplicaCall
    let push: ReplicaPush
    let frames: PushedFrames
    let entry: ReplicaDesk.Entry

    var position: ReplicaPosition { push.position }
    var desk: ReplicaDesk { engine.replicas }

    func take() async throws -> PushReply {
        var ledger = try await engine.ledger(entry, call)
        if let baton = push.baton {
            switch engine.pushes.take(baton, of: call.tenant, push.principal, position) {
            case .file(let kept): return try await add(after: 0, to: kept, ledger)
            case .shown: return try await begin(ledger, after: 0)
            case nil: return try await askAgain(ledger)
            }
        }
        if ledger.history.place(of: position) == .unknown {
            // Another node may have given the number, before the tenant came back here.
            ledger = try await engine.current(entry, ledger, call)
        }
        switch ledger.history.place(of: position) {
        case .unknown: return .startAgain
        case .leavesOut: return startOver(after: 0, ledger)
        case .older: return try await begin(ledger, afterAtMost: 0)
        case .follows(let known): return try await follow(ledger, known)
        case .showsOrigin(let known):
            guard let origin = ledger.history.origin, frames.begins(with: origin) else { return conflict(ledger) }
            return try await follow(ledger, known, after: 1)
        }
    }

    /// The number that came with a baton was of frames that nobody has any more: all that the replica has of its generation are to
    /// come, or, where that has ended, those from the tenant's last push on, which may be the same.
    private func askAgain(_ ledger: ReplicaLedger) async throws -> PushReply {
        guard ledger.history.place(of: position) == .older, let mark = try await base().mark,
            mark.first <= position.from
        else { return startOver(after: 0, ledger) }
        return startOver(after: mark.first - 1, ledger)
    }

    /// - Parameters:
    ///   - known: frames that the log has, if they are the same.
    ///   - shown: frames before them that were looked at.
    private func follow(_ ledger: ReplicaLedger, _ known: UInt32, after shown: UInt32 = 0) async throws -> PushReply {
        let isDoubtful = ledger.isDoubtful(by: position.generation)
        // It says that it stands on the last frame; whether that is the log's, its copy of it shows.
        if known == 0, shown == 0, isDoubtful, stands(ledger, position.from - 1) {
            return startOver(after: position.from - 2, ledger)
        }
        let common = frames.common(with: try await log(ledger, position.from + shown, known), after: shown)
        guard common == known else { return try await begin(ledger, afterAtMost: shown + common) }
        if shown + known < frames.count { return try await begin(ledger, after: shown + known) }
        return isDoubtful && stands(ledger, position.to - 1) ? showOn(ledger) : end(ledger.history.bookmark)
    }

    /// A frame of this replica's is the log's last one, by its numbers.
    func stands(_ ledger: ReplicaLedger, _ frame: UInt32) -> Bool {
        ledger.history.own(position.generation, frame) == ledger.history.frameCount
    }

    /// They do not follow on what the history has. Only what the tenant remembers can tell whether it took them.
    ///
    /// - Parameter common: frames that the history has.
    private func begin(_ ledger: ReplicaLedger, afterAtMost common: UInt32) async throws -> PushReply {
        guard let mark = try await base().mark, mark.first >= position.from,
            mark.first - position.from <= common
        else { return conflict(ledger) }
        return try await begin(ledger, after: mark.first - position.from)
    }

    /// The first part of a push, or all of it.
    ///
    /// - Parameter known: frames that the history has.
    private func begin(_ ledger: ReplicaLedger, after known: UInt32) async throws -> PushReply {
        let upload = try await engine.beginUpload(of: call.tenant, length: 0, takesRoomAsItGrows: true)
        let file = PushedFile(upload: upload, generation: position.generation, first: position.from + known)
        return try await add(after: known, to: file, ledger)
    }

    /// It has shown the last frame, and nothing behind it yet: the baton says so when it goes on.
    private func showOn(_ ledger: ReplicaLedger) -> PushReply {
        let baton = newBaton()
        let isNoted = engine.pushes.noteShown(
            position.to, of: call.tenant, position.generation, as: baton, of: push.principal, now: desk.time.monotonic()
        )
        // Without it the replica is asked for the frame once more.
        return isNoted ? .goOn(baton: baton) : end(ledger.history.bookmark)
    }

    /// - Parameter known: frames of the request that the history has.
    private func add(after known: UInt32, to file: PushedFile, _ ledger: ReplicaLedger) async throws -> PushReply {
        var isKept = false
        defer { if !isKept { file.upload.discard() } }
        let bytes = Int64(frames.count - known) * Int64(ReplicaFrame.bytes)
        guard file.upload.byteCount + bytes <= engine.settings.pushBytes else { throw PushFailure.tooLarge }
        try await desk.patiently {
            try await file.upload.append(frames.bytes, after: Int(known) * ReplicaFrame.bytes)
        }
        guard !frames.endsCommit else { return try await finish(file, ledger) }
        guard try await mayFollow(file, ledger) else { return conflict(ledger) }
        if let own = ledger.history.own(position.generation, position.to - 1) {
            try await promise(Int64(own), ledger, file)
        }
        let baton = newBaton()
        guard engine.pushes.keep(file, as: baton, of: push.principal, now: desk.time.monotonic()) else {
            throw TenantsError.busy(queue: "room for pushes that have not ended")
        }
        isKept = true
        return .goOn(baton: baton)
    }

    private func promise(_ number: Int64, _ ledger: ReplicaLedger, _ file: PushedFile) async throws {
        guard !ledger.isPromised(number) else { return }
        let last = number + (engine.settings.pushBytes - file.upload.byteCount) / Int64(ReplicaFrame.bytes)
        try await engine.append(entry, ledger) {
            try await desk.work { () throws(FileError) in try ledger.promise(number, before: last) }
        }
    }

    private func newBaton() -> String {
        let random = engine.context.random
        return [random.next(), random.next()].map { String($0, radix: 36) }.joined()
    }

    /// Before its end nothing of a push is looked at but whether it is in vain already.
    private func mayFollow(_ file: PushedFile, _ ledger: ReplicaLedger) async throws -> Bool {
        if stands(ledger, file.first - 1) { return true }
        // It may be one that was taken before.
        return try await base().mark?.first == file.first
    }

    // MARK: What is known

    func base() async throws -> PushBase { try await engine.perform(on: call.tenant) { PushBase($0) } }

    private func log(_ ledger: ReplicaLedger, _ from: UInt32, _ count: UInt32) async throws -> [UInt8] {
        guard count > 0, let own = ledger.history.own(position.generation, from - 1) else { return [] }
        return try await desk.work { () throws(FileError) in
            try ledger.log.read(Int(count) * ReplicaFrame.bytes, at: ReplicaLogHeader.offset(ofFrame: own + 1))
        }
    }

    // MARK: Replies

    func end(_ bookmark: Bookmark) -> PushReply {
        .at(generation: position.generation, frame: position.to - 1, bookmark)
    }

    /// The client sends what it has after this, without a baton.
    func startOver(after frame: UInt32, _ ledger: ReplicaLedger) -> PushReply {
        .at(generation: position.generation, frame: frame, ledger.history.bookmark)
    }

    /// All of it is taken, and the log does not have it: the replica gets the tenant once more.
    func pastLog(_ ledger: ReplicaLedger, _ bookmark: Bookmark) -> PushReply {
        .at(generation: ledger.history.detour, frame: position.to - 1, bookmark)
    }

    func conflict(_ ledger: ReplicaLedger) -> PushReply {
        .conflict(
            generation: ledger.history.generation, frame: ledger.history.frameCount, ledger.history.bookmark)
    }
}

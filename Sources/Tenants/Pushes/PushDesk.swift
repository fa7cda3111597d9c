import Seams
import Vocabulary

/// One request of a push, from its numbers to what the replica is told. By whoever has the tenant's turn.
struct PushDesk {
    /// Times that a push is tried where the tenant goes on meanwhile, and replicas see nothing of it.
    private static let attempts = 4
    /// A log may become so many times as long as one that nobody pushes to: a replica that pushes is led to a new generation only
    /// when it has nothing to push.
    private static let patience: Int64 = 8
    /// Bytes of the tenant for each second that it may take to look at it, beyond the request's own time.
    private static let rate: Int64 = 10 << 20

    let engine: TenantEngine
    let call: ReplicaCall
    let push: ReplicaPush
    let frames: PushedFrames
    let entry: ReplicaDesk.Entry

    private var position: ReplicaPosition { push.position }
    private var desk: ReplicaDesk { engine.replicas }

    func take() async throws -> PushReply {
        var ledger = try await engine.ledger(entry, call)
        if let baton = push.baton {
            guard let kept = engine.pushes.take(baton, of: call.tenant, push.principal, position) else {
                // The number that came with it was of frames that nobody has any more.
                return startOver(after: 0, ledger)
            }
            return try await goOn(with: kept, ledger)
        }
        if ledger.history.place(of: position) == .unknown {
            // Another node may have given the number, before the tenant came back here.
            ledger = try await engine.current(entry, ledger, call)
        }
        switch ledger.history.place(of: position) {
        case .unknown: return .startAgain
        case .leavesOut: return startOver(after: 0, ledger)
        case .older: return try await begin(ledger, afterAtMost: 0)
        case .follows(let known):
            let count = ledger.history.frameCount
            // It says that it stands on the last frame; whether that is the log's, its copy of it shows.
            if known == 0, count > 0, count <= ledger.promised { return startOver(after: count - 1, ledger) }
            let common = frames.common(with: try await log(ledger, position.from, known))
            guard common == known else { return try await begin(ledger, afterAtMost: common) }
            if known < frames.count { return try await begin(ledger, after: known) }
            return count == position.to - 1 && count <= ledger.promised
                ? try await vouch() : end(ledger.history.bookmark)
        }
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
        let upload = try await engine.beginUpload(of: call.tenant, length: Int64(frames.bytes.count))
        let file = PushedFile(upload: upload, generation: position.generation, first: position.from + known)
        return try await add(frames.bytes(after: known), to: file, ledger)
    }

    /// It has shown the last frame, and nothing behind it yet: the baton says so when it goes on.
    private func vouch() async throws -> PushReply {
        let upload = try await engine.beginUpload(of: call.tenant, length: 0)
        let file = PushedFile(upload: upload, generation: position.generation, first: position.to)
        do { return .goOn(baton: try keep(file)) } catch {
            upload.discard()
            throw error
        }
    }

    private func goOn(with kept: PushedFile, _ ledger: ReplicaLedger) async throws -> PushReply {
        try await add(frames.bytes(after: 0), to: kept, ledger)
    }

    private func add(_ bytes: ArraySlice<UInt8>, to file: PushedFile, _ ledger: ReplicaLedger) async throws -> PushReply
    {
        var isKept = false
        defer { if !isKept { file.upload.discard() } }
        guard file.upload.byteCount + Int64(bytes.count) <= engine.settings.pushBytes else {
            throw PushFailure.tooLarge
        }
        try await desk.patiently { try await file.upload.append(Array(bytes)) }
        guard !frames.endsCommit else { return try await finish(file, ledger) }
        guard try await mayFollow(file, ledger) else { return conflict(ledger) }
        let baton = try keep(file)
        isKept = true
        ledger.promised = max(ledger.promised, position.to - 1)
        return .goOn(baton: baton)
    }

    private func keep(_ file: PushedFile) throws -> String {
        let random = engine.context.random
        let baton = [random.next(), random.next()].map { String($0, radix: 36) }.joined()
        guard engine.pushes.keep(file, as: baton, of: push.principal, now: desk.time.monotonic()) else {
            throw TenantsError.busy(queue: "room for pushes that have not ended")
        }
        return baton
    }

    /// Before its end nothing of a push is looked at but whether it is in vain already.
    private func mayFollow(_ file: PushedFile, _ ledger: ReplicaLedger) async throws -> Bool {
        if ledger.history.generation == file.generation, ledger.history.frameCount == file.first - 1 { return true }
        // It may be one that was taken before.
        return try await base().mark?.first == file.first
    }

    // MARK: The end

    private func finish(_ file: PushedFile, _ ledger: ReplicaLedger) async throws -> PushReply {
        var (done, ledger) = (UInt32(0), ledger)
        let base = try await base()
        if let mark = base.mark, try await isTaken(file, mark) {
            let isNext = ledger.history.generation == file.generation && ledger.history.frameCount == file.first - 1
            guard isNext else {
                return mark.count == file.count ? pastLog(ledger, base.bookmark) : conflict(ledger)
            }
            // What others have written since is for the next pull.
            let isNewest = mark.txid == UInt32(truncatingIfNeeded: base.bookmark.txid.rawValue)
            let bookmark = isNewest ? base.bookmark : ledger.history.bookmark
            guard await append(file, 0..<mark.count, at: bookmark, to: ledger) else {
                // Only all of it can be said to be taken: the way past the log leads past the rest, too.
                return mark.count == file.count ? pastLog(ledger, base.bookmark) : conflict(ledger)
            }
            done = mark.count
            if done == file.count { return end(base.bookmark) }
        }
        for _ in 0..<Self.attempts {
            ledger = try await engine.goOn(entry, ledger, call)
            guard ledger.history.generation == file.generation, ledger.history.frameCount == file.first + done - 1
            else {
                return conflict(ledger)
            }
            guard !ledger.isLong(beyond: engine.settings.replicaLogBytes, times: Self.patience) else {
                return conflict(try await engine.begin(entry, call))
            }
            guard let bookmark = try await apply(file, done..<file.count, to: ledger) else { continue }
            // It is taken, whatever becomes of the history.
            let isAppended = await append(file, done..<file.count, at: bookmark, to: ledger)
            return isAppended ? end(bookmark) : pastLog(ledger, bookmark)
        }
        throw TenantsError.busy(queue: "line of the tenant's writers")
    }

    /// The tenant has it from an earlier time, and perhaps the history does not.
    private func isTaken(_ file: PushedFile, _ mark: PushMark) async throws -> Bool {
        guard mark.first == file.first, mark.count <= file.count else {
            return false
        }
        let files = desk.files
        return try await desk.work { () throws(FileError) in try file.proof(of: mark.count, files) } == mark.proof
    }

    /// - Returns: nil where the tenant has gone on meanwhile.
    private func apply(_ file: PushedFile, _ range: Range<UInt32>, to ledger: ReplicaLedger) async throws -> Bookmark? {
        let (base, expected) = (try await base(), ledger.history.bookmark)
        guard base.bookmark == expected else { return nil }
        let extra = UInt64((ledger.bytes + file.upload.byteCount) / Self.rate) * 1_000_000_000
        let watch = UploadWatch(
            engine: engine, deadline: call.deadline.advanced(byNanoseconds: extra),
            call.cancellation ?? WorkCancellation())
        let copy = PushCopy(
            engine: engine, ledger: ledger, pushed: file, range: range, schemaVersion: base.schemaCookie &+ 1,
            txid: expected.txid.next, watch: watch)
        let state: TenantState
        do {
            state = try await engine.run(on: call.tenant, watch) {
                [engine, tenant = call.tenant] () throws(PushFailure) in
                let made = try copy.make()
                do throws(UploadFailure) {
                    let replacement = Replacement(tenant, .oneOf([expected]), isCommit: true)
                    return try Replacer(engine: engine, replacement: replacement, watch: watch).replace(by: made)
                } catch {
                    throw .content(error)
                }
            }
        } catch UploadFailure.bookmarkMismatch {
            return nil
        } catch PushFailure.historyDamaged(let page) {
            // It begins anew; replicas get the tenant once more.
            try? await desk.discard(entry, ledger)
            throw PushFailure.historyDamaged(page: page)
        }
        return Bookmark(epoch: state.epoch, txid: state.txid)
    }

    /// - Returns: whether the log has them; else the history is gone, since numbers of it were not given as promised.
    private func append(
        _ file: PushedFile, _ range: Range<UInt32>, at bookmark: Bookmark, to ledger: ReplicaLedger
    ) async -> Bool {
        do {
            let appending = PushAppending(file, range, at: bookmark, to: ledger, desk.files)
            while try await !desk.work({ () throws(FileError) in try appending.step() }) {}
            desk.note(ledger)
            return true
        } catch {
            // Where not even that succeeds, what is left of it is gone on with as if nothing had been pushed: right for everybody but
            // the replica that pushed, which is led past it.
            try? await desk.discard(entry, ledger)
            return false
        }
    }

    // MARK: What is known

    private func base() async throws -> PushBase { try await engine.perform(on: call.tenant) { PushBase($0) } }

    private func log(_ ledger: ReplicaLedger, _ from: UInt32, _ count: UInt32) async throws -> [UInt8] {
        guard count > 0 else { return [] }
        return try await desk.work { () throws(FileError) in
            try ledger.log.read(Int(count) * ReplicaFrame.bytes, at: ReplicaLogHeader.offset(ofFrame: from))
        }
    }

    // MARK: Replies

    private func end(_ bookmark: Bookmark) -> PushReply {
        .at(generation: position.generation, frame: position.to - 1, bookmark)
    }

    /// The client sends what it has after this, without a baton.
    private func startOver(after frame: UInt32, _ ledger: ReplicaLedger) -> PushReply {
        .at(generation: position.generation, frame: frame, ledger.history.bookmark)
    }

    /// All of it is taken, and the log does not have it: the replica gets the tenant once more.
    private func pastLog(_ ledger: ReplicaLedger, _ bookmark: Bookmark) -> PushReply {
        .at(generation: ledger.history.detour, frame: position.to - 1, bookmark)
    }

    private func conflict(_ ledger: ReplicaLedger) -> PushReply {
        .conflict(
            generation: ledger.history.generation, frame: ledger.history.frameCount, ledger.history.bookmark)
    }
}

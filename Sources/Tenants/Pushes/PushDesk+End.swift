import Seams
import Vocabulary

/// The end of a push: it is taken, or not.
extension PushDesk {
    /// Times that a push is tried where the tenant goes on meanwhile, and replicas see nothing of it.
    private static let attempts = 4
    /// A log may become so many times as long as one that nobody pushes to. Then its generation ends, and all replicas but the one
    /// that pushes are given the tenant once more.
    private static let patience: Int64 = 8
    /// Bytes of the tenant for each second that it may take to look at it, beyond the request's own time.
    private static let rate: Int64 = 10 << 20

    /// How often the desk's own patience may end before a history ends that only waits for others'.
    private static let patiences = 6

    func finish(_ file: PushedFile, _ ledger: ReplicaLedger) async throws -> PushReply {
        var (done, ledger) = (UInt32(0), ledger)
        let base = try await base()
        if let mark = base.mark, try await isTaken(file, mark) {
            if stands(ledger, file.first - 1) {
                // What others have written since is for the next pull.
                let isNewest = mark.txid == UInt32(truncatingIfNeeded: base.bookmark.txid.rawValue)
                let bookmark = isNewest ? base.bookmark : ledger.history.bookmark
                guard let next = await append(file, 0..<mark.count, at: bookmark, to: ledger) else {
                    // Only all of it can be said to be taken: the way past the log leads past the rest, too.
                    return mark.count == file.count ? pastLog(ledger, base.bookmark) : conflict(ledger)
                }
                ledger = next
            } else if !stands(ledger, file.first + mark.count - 1) {
                return mark.count == file.count ? pastLog(ledger, base.bookmark) : conflict(ledger)
            }
            done = mark.count
            if done == file.count { return end(base.bookmark) }
        }
        for _ in 0..<Self.attempts {
            ledger = try await engine.goOn(entry, ledger, call)
            guard stands(ledger, file.first + done - 1) else { return conflict(ledger) }
            guard let bookmark = try await apply(file, done..<file.count, to: ledger) else { continue }
            // It is taken, whatever becomes of the history.
            let next = await append(file, done..<file.count, at: bookmark, to: ledger)
            return next == nil ? pastLog(ledger, bookmark) : end(bookmark)
        }
        throw TenantsError.busy(queue: "line of the tenant's writers")
    }

    /// The tenant has it from an earlier time, and perhaps the history does not.
    private func isTaken(_ file: PushedFile, _ mark: PushMark) async throws -> Bool {
        guard mark.first == file.first, mark.count <= file.count else {
            return false
        }
        var proof = file.emptyProof
        while proof.count < mark.count {
            proof = try await desk.work { [proof, files = desk.files] () throws(FileError) in
                try file.extend(proof, upTo: mark.count, files)
            }
        }
        return proof.value == mark.proof
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
            tenantPages: base.pageCount,
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

    /// Puts what the tenant has taken behind the log, or, where that is too long or cannot be written, begins a generation with it.
    ///
    /// - Returns: the history that has it; nil where none does, and this one is gone, since numbers of it were not given as promised.
    private func append(
        _ file: PushedFile, _ range: Range<UInt32>, at bookmark: Bookmark, to ledger: ReplicaLedger
    ) async -> ReplicaLedger? {
        do {
            let new = file.upload.byteCount
            try await desk.patiently(times: Self.patiences) {
                try await desk.makeRoom(for: ledger.bytes + new, of: call.tenant, new: new)
            }
            let appending = PushAppending(file, range, at: bookmark, to: ledger, desk.files)
            while try await !desk.patiently(
                times: Self.patiences, { try await desk.work { () throws(FileError) in try appending.step() } })
            {}
            desk.note(ledger)
        } catch {
            if let renewed = try? await renew(ledger, file, range, at: bookmark) { return renewed }
            // Where not even that succeeds, what is left of it is gone on with as if nothing had been pushed: right for everybody but
            // the replica that pushed, which is led past it.
            try? await desk.discard(entry, ledger)
            return nil
        }
        guard ledger.isLong(beyond: engine.settings.replicaLogBytes, times: Self.patience) else { return ledger }
        // Else the next push tries it again.
        let none = range.upperBound..<range.upperBound
        return (try? await renew(ledger, file, none, at: bookmark)) ?? ledger
    }

    /// - Parameter range: frames that the log does not have.
    private func renew(
        _ ledger: ReplicaLedger, _ file: PushedFile, _ range: Range<UInt32>, at bookmark: Bookmark
    ) async throws -> ReplicaLedger {
        let files = desk.files
        let last = range.upperBound - 1
        let page = try await desk.work { () throws(FileError) in
            var hash: UInt64 = 0
            try file.forEach(last..<last + 1, files) { (frame) throws(FileError) in hash = frame.hash }
            return hash
        }
        let pages = Int64(ledger.hashes.count) * Int64(PageHash.pageSize)
        try await desk.makeRoom(for: pages + file.upload.byteCount, of: call.tenant)
        let plan = ReplicaRenewal.Plan(
            generation: try await call.nextGeneration(),
            origin: ReplicaOrigin(generation: file.generation, frame: file.first + last, page: page),
            bookmark: bookmark, pushed: file, range: range)
        let renewed = try await desk.renew(ledger, plan)
        entry.hold(renewed)
        desk.note(renewed)
        return renewed
    }
}

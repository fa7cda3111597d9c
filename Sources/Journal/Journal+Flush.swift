import Lanes
import Seams
import Synchronization
import Vocabulary

extension Journal {
    enum Step {
        case wrote
        case nothing
        case ended
    }

    /// Writes what gathers, until the journal ends. For a thread of its own.
    package func flushLoop() {
        while true {
            let seen = work.count
            let next = flushTurn.take { nextStep() }
            switch next {
            case nil: return
            case .sleep(let nanoseconds): work.wait(past: seen, atMost: nanoseconds)
            case .pause(let nanoseconds): work.wait(past: seen, atMost: nanoseconds)
            case .flush, .witness: break
            }
        }
    }

    /// - Returns: What comes next; nil at the end.
    private func nextStep() -> FlushPacing.Next? {
        guard ended == nil else { return nil }
        let now = time.monotonic()
        let next = state.withLock { state in
            let next = flusher.pacing.next(waitingBytes: state.waiting, now: now, options: options)
            if case .sleep = next { state.flusherSleeps = true }
            return next
        }
        switch next {
        case .flush:
            if flushStep() == .nothing { return .sleep(nanoseconds: options.retryPause) }
        case .witness: witness()
        case .pause, .sleep: break
        }
        return next
    }

    /// Writes and syncs one flush of what has gathered. The caller has the turn.
    ///
    /// - Returns: `.nothing` if nothing waits, or if there is no segment for it, which a reservation rules out.
    func flushStep() -> Step {
        guard ended == nil else { return .ended }
        let limit = min(options.flushBytes, flusher.current.payloadRoom)
        var batch = state.withLock { $0.take(atMost: limit) }
        if batch.records == 0 {
            guard !state.withLock({ $0.isIdle }), changeSegment() else { return .nothing }
            let room = min(options.flushBytes, flusher.current.payloadRoom)
            batch = state.withLock { $0.take(atMost: room) }
        }
        let began = time.monotonic()
        do throws(FileError) {
            try write(batch)
        } catch {
            fail(.disk(error))
            return .ended
        }
        let left = options.usable(flusher.current.left)
        state.withLock { $0.finish(batch, currentRoom: left) }
        let ended = time.monotonic()
        flushDurations.note(nanoseconds: ended.nanoseconds(since: began))
        flusher.pacing.flushed(records: batch.records, now: ended)
        publish(batch.lastLSN)
        room.advance()
        return .wrote
    }

    private func write(_ batch: FlushBatch) throws(FileError) {
        var digest = FlushDigest()
        for block in batch.blocks {
            var offset = 0
            while offset < block.count {
                digest.add(header: block.base + offset)
                offset += Int(UnsafeRawPointer(block.base).get(offset + 8, as: UInt32.self))
            }
        }
        let flush = FlushHeader(
            sequence: flusher.current.header.sequence, durable: durableLSN, firstLSN: batch.firstLSN,
            payloadLength: batch.bytes, recordCount: batch.records, digest: digest.value)
        if faults.acknowledgeBeforeSync { publish(batch.lastLSN) }
        if faults.rewriteAcknowledgedBlock {
            try rewrite(flush, batch)
        } else {
            try flusher.current.write(flush, batch.blocks.map(\.bytes))
        }
        try flusher.current.slot.file.sync()
    }

    /// Writes an empty flush: it says that what came before is durable. The caller has the turn.
    func witness() {
        guard flusher.current.hasWitnessRoom else { return flusher.pacing.flushed(records: 0, now: time.monotonic()) }
        let flush = FlushHeader(
            sequence: flusher.current.header.sequence, durable: durableLSN, firstLSN: durableLSN.next,
            payloadLength: 0, recordCount: 0, digest: 0)
        do throws(FileError) {
            try flusher.current.write(flush, [])
            try flusher.current.slot.file.sync()
        } catch {
            return fail(.disk(error))
        }
        flusher.rewritable = nil
        flusher.pacing.flushed(records: 0, now: time.monotonic())
        let left = options.usable(flusher.current.left)
        state.withLock { $0.currentRoom = left }
    }

    /// Goes on in a ready segment; its header goes out with the first flush.
    private func changeSegment() -> Bool {
        let first = durableLSN.next
        let now = time.monotonic()
        let segment = state.withLock { state in
            let segment = state.pool.begin(firstLSN: first, now: now)
            if let segment { state.currentRoom = options.usable(ofSegment: segment.slot.length) }
            return segment
        }
        preparing.advance()
        guard let segment else { return false }
        flusher.current = OpenSegment(segment, salt: random.next())
        flusher.rewritable = nil
        return true
    }

    private func publish(_ lsn: LSN) {
        guard durableLSN < lsn else { return }
        durable.store(lsn.rawValue, ordering: .releasing)
        var due: [any DurabilityWaiter] = []
        waiters.withLock { $0.take(upTo: lsn, into: &due) }
        Wakes.together(due) { $0.becameDurable() }
        progress.advance()
    }
}

/// The broken variant of rule J5, for its proof: a log that fills its last block up, as many do.
extension Journal {
    fileprivate func rewrite(_ flush: FlushHeader, _ batch: FlushBatch) throws(FileError) {
        let bytes = batch.blocks.flatMap { Array($0.bytes) }
        var joined = flush
        var payload = bytes
        if let earlier = flusher.rewritable {
            payload = earlier.payload + bytes
            joined = FlushHeader(
                sequence: flush.sequence, durable: flush.durable, firstLSN: earlier.flush.firstLSN,
                payloadLength: payload.count, recordCount: earlier.flush.recordCount + flush.recordCount,
                digest: Self.digest(of: payload))
            flusher.current.rewind(to: earlier.offset)
        }
        let offset = flusher.current.offset
        let written: Result<Void, FileError> = payload.withUnsafeBytes { bytes in
            do throws(FileError) { return .success(try flusher.current.write(joined, [bytes])) } catch {
                return .failure(error)
            }
        }
        try written.get()
        let isSmall = joined.paddedLength == Block.size && joined.payloadLength + 1024 < Block.size
        flusher.rewritable = isSmall ? (offset, joined, payload) : nil
    }

    private static func digest(of payload: [UInt8]) -> UInt32 {
        payload.withUnsafeBytes { bytes in
            var digest = FlushDigest()
            var offset = 0
            while offset < bytes.count {
                digest.add(header: bytes.baseAddress! + offset)
                offset += Int(bytes.baseAddress!.get(offset + 8, as: UInt32.self))
            }
            return digest.value
        }
    }
}

extension Journal {
    /// Flushes all that has gathered, on the caller's thread: for a node that is shutting down and for proofs, which have
    /// no flusher running.
    package func flushNow() {
        flushTurn.take { while flushStep() == .wrote {} }
    }

    /// Writes an empty flush as the last one's witness, on the caller's thread.
    package func witnessNow() {
        flushTurn.take { if ended == nil { witness() } }
    }

    /// Prepares what `prepareLoop` would, on the caller's thread.
    package func prepareNow() {
        while prepareStep() == .wrote {}
    }
}

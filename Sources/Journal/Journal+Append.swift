import Seams
import Synchronization
package import Vocabulary

/// The LSNs of one append: one, or as many as a large commit has parts. The commit counts with the last.
package struct LSNRange: Hashable, Sendable {
    package let first: LSN
    package let last: LSN

    package init(first: LSN, last: LSN) {
        self.first = first
        self.last = last
    }
}

extension Journal {
    /// Records up to this length are copied into the shared buffer; longer ones are handed over as they are.
    private static let copyLimit = 64 * 1024

    /// Makes room for a transaction before it writes anything, or for more of it.
    ///
    /// A page takes at most 4096 + 32 bytes. Once granted, appending cannot fail for want of room, neither in memory nor in
    /// the journal nor on the device.
    ///
    /// - Parameters:
    ///   - bytes: How much more.
    ///   - held: What this transaction holds already; 0 at its beginning.
    package func reserve(_ bytes: Int, held: Int = 0, for purpose: Purpose = .ordinary) throws(JournalRefusal) {
        let (refusal, wants) = state.withLock { state in
            (state.reserve(bytes, held: held, for: purpose), state.wantsSpace)
        }
        guard let refusal else { return }
        if wants { preparing.advance() }
        throw refusal
    }

    /// The same, waiting for room at most so long. For lanes, never for an event loop.
    package func reserve(
        _ bytes: Int, held: Int = 0, for purpose: Purpose = .ordinary, waitingAtMost nanoseconds: UInt64
    ) throws(JournalRefusal) {
        let deadline = time.monotonic().advanced(byNanoseconds: nanoseconds)
        while true {
            let seen = room.count
            do throws(JournalRefusal) {
                return try reserve(bytes, held: held, for: purpose)
            } catch {
                let left = deadline.nanoseconds(since: time.monotonic())
                guard left > 0, error == .busy || error == .journalFull, room.wait(past: seen, atMost: left) else {
                    throw error
                }
            }
        }
    }

    /// Gives a whole reservation back, after a rollback.
    package func release(_ bytes: Int) {
        guard bytes > 0 else { return }
        state.withLock { $0.release(bytes) }
        room.advance()
    }

    /// Puts a finished record, or all its parts, behind the others. Never blocks on the disk and never fails: after the
    /// journal has ended the record goes nowhere, and nobody is told that it is durable.
    ///
    /// - Parameters:
    ///   - encoder: After `finish`; free for the next record when this returns.
    ///   - reserved: The transaction's reservation, which ends here.
    /// - Returns: Durable when `durableLSN` has reached `last`.
    @discardableResult
    package func append(_ encoder: RecordEncoder, reserved: Int = 0) -> LSNRange {
        let (range, wakes): (LSNRange, Bool)
        if let block = encoder.single, block.count <= Self.copyLimit {
            (range, wakes) = state.withLock { state in
                let lsn = state.append(copying: block)
                return (LSNRange(first: lsn, last: lsn), state.settle(reserved))
            }
        } else {
            let blocks = encoder.takeBlocks()
            (range, wakes) = state.withLock { state in
                let lsns = blocks.map { state.append(adopting: $0) }
                state.parted.add(lsns[0]...lsns[lsns.count - 1])
                return (LSNRange(first: lsns[0], last: lsns[lsns.count - 1]), state.settle(reserved))
            }
        }
        if wakes { work.advance() }
        return range
    }

    /// Every record up to it is on the disk. Never goes back.
    package var durableLSN: LSN { LSN(durable.load(ordering: .acquiring)) }

    /// The newest LSN given; 0 if none ever was.
    package var lastLSN: LSN { state.withLock { $0.lastLSN } }

    /// Calls the waiter once `lsn` is durable: at once if it is, else on the flusher's thread, in LSN order. Never, if the
    /// disk fails first.
    package func whenDurable(_ lsn: LSN, _ waiter: any DurabilityWaiter) {
        if durableLSN >= lsn { return waiter.becameDurable() }
        let isHeard = waiters.withLock { waiters -> Bool? in
            // The flusher publishes before it takes this lock, so either it finds the waiter or this finds the LSN.
            if durableLSN >= lsn { return true }
            if waiters.isAbandoned { return false }
            waiters.add(lsn, waiter)
            return nil
        }
        switch isHeard {
        case true?: waiter.becameDurable()
        case false?: waiter.abandoned()
        case nil: break
        }
    }

    /// Sleeps until `lsn` is durable.
    ///
    /// - Throws: `.disk` or `.closed` if the journal ended before.
    package func waitUntilDurable(_ lsn: LSN) throws(JournalError) {
        while true {
            let seen = progress.count
            if durableLSN >= lsn { return }
            if let ended { throw ended }
            progress.wait(past: seen)
        }
    }
}

import Seams
import Synchronization
import Vocabulary

extension Journal {
    /// Keeps segments ready ahead of the flusher, and deals with a full disk, until the journal ends. For a thread of its
    /// own, since writing 64 MiB of zeros would keep answers waiting.
    package func prepareLoop() {
        while ended == nil {
            let seen = preparing.count
            if prepareStep() == .wrote { continue }
            preparing.wait(past: seen, atMost: options.retryPause)
        }
    }

    /// Prepares one segment if one is wanted, or the ballast, or looks whether a full disk has room again.
    func prepareStep() -> Step {
        prepareTurn.take {
            guard ended == nil else { return .ended }
            if state.withLock({ $0.takeFullReport() }) { return meetFullDisk() }
            if state.withLock({ $0.diskFull }) {
                // Whoever reported it did not wait for this turn.
                Ballast.giveUp(store)
                return endDiskFull() ? .wrote : .nothing
            }
            // The ballast comes before segments kept ahead, so that a nearly full disk is noticed while it can still be
            // given up, but never before the one segment that the flusher may need next.
            if state.withLock({ !$0.pool.ready.isEmpty }), let step = makeBallast() { return step }
            return makeSegment()
        }
    }

    private func makeSegment() -> Step {
        guard let number = state.withLock({ $0.numberToPrepare() }) else { return .nothing }
        do throws(FileError) {
            let slot = try store.make(number, length: options.segmentBytes)
            state.withLock { $0.finishPreparing(slot) }
            room.advance()
            work.advance()
            return .wrote
        } catch {
            state.withLock { $0.finishPreparing(nil) }
            switch error {
            case .full: return meetFullDisk()
            case .tooManyOpen: break
            case .notFound, .exists, .failed: fail(.disk(error))
            }
            return .nothing
        }
    }

    /// For whoever meets a full disk elsewhere (a checkpoint into a tenant's file): ordinary reservations are refused
    /// until there is room again; where something may make way, only if it did not. Never blocks: that, and giving up the
    /// ballast, is the preparing thread's.
    package func reportDiskFull() {
        let mayMakeRoom = hasRelief
        state.withLock { if mayMakeRoom { $0.isFullReported = true } else { $0.diskFull = true } }
        room.advance()
        preparing.advance()
    }

    /// Whether ordinary reservations are refused for want of room on the device.
    package var isDiskFull: Bool { state.withLock { $0.diskFull } }

    private func meetFullDisk() -> Step {
        if makeRoom() { return .wrote }
        startDiskFull()
        return .nothing
    }

    private func startDiskFull() {
        state.withLock { $0.diskFull = true }
        Ballast.giveUp(store)
        room.advance()
    }

    /// Room again: enough for the ballast and, if one is wanted, a segment.
    private func endDiskFull() -> Bool {
        let needed = state.withLock { $0.wantsPreparing ? options.segmentBytes : 0 } + options.ballastBytes
        guard let free = try? store.files.freeBytes(holding: store.directory), free > Int64(needed) else {
            return false
        }
        state.withLock { $0.diskFull = false }
        room.advance()
        return true
    }

    /// - Returns: nil if there is nothing to do.
    private func makeBallast() -> Step? {
        let path = Ballast.path(in: store.directory)
        do throws(FileError) {
            if options.ballastBytes == 0 { return nil }
            if try store.files.size(of: path) == Int64(options.ballastBytes) { return nil }
            try store.fill(path, length: options.ballastBytes)
            return .wrote
        } catch {
            // Whatever else is wrong with it, the journal can do without; a device that fails shows it elsewhere.
            guard case .full = error else { return nil }
            return meetFullDisk()
        }
    }
}

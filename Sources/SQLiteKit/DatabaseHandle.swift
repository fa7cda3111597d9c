import CSQLite

/// One connection's hold on a database: its lock level and the wal-index slots that it owns. One thread at a time.
final class DatabaseHandle {
    let file: DatabaseFile
    private var level = SQLITE_LOCK_NONE
    private var shared: UInt8 = 0
    private var exclusive: UInt8 = 0
    private var isMapped = false
    /// Set while its connection reads on another thread than the database's writer.
    var isReadOnly = false

    init(file: DatabaseFile) { self.file = file }

    private var holdsWriteLock: Bool { exclusive & (1 << WALIndex.writeSlot) != 0 }

    func close() {
        unmap()
        _ = unlock(to: SQLITE_LOCK_NONE)
    }

    // MARK: Main file

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) -> Int32 {
        // The second net: nothing but an armed checkpoint may change the file.
        guard file.isArmed(self) else { return SQLITE_IOERR_WRITE_CODE }
        do {
            try file.writeFile(bytes, at: offset)
            return SQLITE_OK
        } catch {
            return error.writeCode
        }
    }

    func truncate(to size: Int64) -> Int32 {
        guard file.isArmed(self) else { return SQLITE_IOERR_TRUNCATE_CODE }
        do {
            try file.truncateFile(to: size)
            return SQLITE_OK
        } catch {
            return SQLITE_IOERR_TRUNCATE_CODE
        }
    }

    func lock(to wanted: Int32) -> Int32 {
        guard let now = file.locks.raise(from: level, to: wanted) else { return SQLITE_BUSY }
        level = now
        return SQLITE_OK
    }

    func unlock(to wanted: Int32) -> Int32 {
        level = file.locks.lower(from: level, to: wanted)
        return SQLITE_OK
    }

    // MARK: wal-index

    func map(region: Int, extend: Bool) -> (code: Int32, address: UnsafeMutableRawPointer?) {
        if !isMapped {
            isMapped = true
            file.index.attach()
        }
        return file.index.region(region, extend: extend)
    }

    func unmap() {
        guard isMapped else { return }
        isMapped = false
        for slot in 0..<8 {
            if exclusive & (1 << slot) != 0 { unlockExclusive(slot..<(slot + 1)) }
            if shared & (1 << slot) != 0 {
                file.index.unlockShared(slot)
                shared &= ~(1 << slot)
            }
        }
        file.index.detach(isLogEmpty: file.log.count == 0)
    }

    func lockIndex(offset: Int, count: Int, flags: Int32) -> Int32 {
        let range = offset..<(offset + count)
        if flags & SQLITE_SHM_UNLOCK != 0 {
            if flags & SQLITE_SHM_SHARED != 0 { unlockShared(offset) } else { unlockExclusive(range) }
            return SQLITE_OK
        }
        return flags & SQLITE_SHM_SHARED != 0 ? lockShared(offset) : lockExclusive(range)
    }

    func barrier() {
        if holdsWriteLock { file.capture.barrierPassed() }
        file.index.barrier()
    }

    private func lockShared(_ slot: Int) -> Int32 {
        let bit: UInt8 = 1 << slot
        if shared & bit != 0 { return SQLITE_OK }
        guard file.index.lockShared(slot) else { return SQLITE_BUSY }
        shared |= bit
        return SQLITE_OK
    }

    private func unlockShared(_ slot: Int) {
        let bit: UInt8 = 1 << slot
        guard shared & bit != 0 else { return }
        file.index.unlockShared(slot)
        shared &= ~bit
    }

    private func lockExclusive(_ range: Range<Int>) -> Int32 {
        if isReadOnly, range.contains(WALIndex.writeSlot) { return SQLITE_BUSY }
        // Checkpoints are the armed writer's alone: a second checkpointer is how WAL mode loses data before 3.51.3.
        if range.contains(WALIndex.checkpointSlot), !file.isArmed(self), !isRecovery(range) { return SQLITE_BUSY }
        guard file.index.lockExclusive(range) else { return SQLITE_BUSY }
        for slot in range { exclusive |= 1 << slot }
        if range.contains(WALIndex.writeSlot) { file.writeLockTaken() }
        return SQLITE_OK
    }

    /// Index recovery takes the checkpoint slot together with others (from slot 1 upwards): it reads the log only.
    private func isRecovery(_ range: Range<Int>) -> Bool { range.count > 1 }

    private func unlockExclusive(_ range: Range<Int>) {
        if range.contains(WALIndex.writeSlot), holdsWriteLock { file.writeLockReleased() }
        for slot in range where exclusive & (1 << slot) != 0 {
            file.index.unlockExclusive(slot..<(slot + 1))
            exclusive &= ~(1 << slot)
        }
    }
}

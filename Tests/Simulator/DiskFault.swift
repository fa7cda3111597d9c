/// What a call to the disk does.
package enum DiskOperation: Hashable, Sendable, CaseIterable {
    case open
    case read
    case write
    case truncate
    case sync
    case remove
    case rename
    case makeDirectory
    case list
    case size
    case syncDirectory
    case syncFileSystem
}

/// How a chosen call goes wrong. Each is something that real disks and kernels do.
package enum DiskFault: Hashable, Sendable {
    /// The call fails and has no effect. A failed sync is as Linux has it: what it should have written stays readable and is
    /// never written by a later sync.
    case fail(errno: Int32)
    /// The device says that it has no room.
    case full
    /// Writes only: the first bytes are written, then the call fails.
    case short(bytes: Int, errno: Int32)
    /// Writes only: every 512-byte sector of it is written or not, as the seed says, and the power goes with this call.
    case tear(seed: UInt64)
    /// Syncs only: says that it worked and does nothing. No design survives it; it is there for controls.
    case lie
    /// The call works, later.
    case delay(nanoseconds: UInt64)
    /// The call works; before it the system drops its clean pages, and with them what failed syncs did not write.
    case evict
    /// The power goes: this call and every later one fails.
    case powerCut
}

/// What may be left of unsynced changes after a power cut.
package enum CrashMode: Hashable, Sendable, CaseIterable {
    /// Nothing that was not synced.
    case dropAll
    /// Everything, synced or not.
    case keepAll
    /// Each write and truncation wholly or not at all, in any combination; each folder's changes up to some point.
    case randomSubset
    /// Each 512-byte sector and each change of a name for itself.
    case reorderTear
}

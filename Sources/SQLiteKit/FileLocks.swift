import CSQLite
import Synchronization

/// SQLite's five lock levels on the main file, between the connections of this process.
///
/// They must be real: were they no-ops, every closing connection would believe itself the last one, checkpoint beside the
/// writer and delete the log. A connection in WAL mode takes SHARED once for its life, so this costs nothing.
final class FileLocks: Sendable {
    private struct State {
        var shared = 0
        var reserved = false
        var pending = false
        var exclusive = false
    }

    private let state = Mutex(State())

    /// - Returns: the level now held.
    func raise(from level: Int32, to wanted: Int32) -> Int32? {
        state.withLock { state in
            if wanted <= level { return level }
            switch wanted {
            case SQLITE_LOCK_SHARED:
                guard !state.pending, !state.exclusive else { return nil }
                state.shared += 1
                return SQLITE_LOCK_SHARED
            case SQLITE_LOCK_RESERVED:
                guard !state.reserved else { return nil }
                state.reserved = true
                return SQLITE_LOCK_RESERVED
            default:
                return raiseToExclusive(&state, from: level)
            }
        }
    }

    private func raiseToExclusive(_ state: inout State, from level: Int32) -> Int32? {
        if level < SQLITE_LOCK_PENDING {
            guard !state.pending, level >= SQLITE_LOCK_RESERVED || !state.reserved else { return nil }
            if level < SQLITE_LOCK_RESERVED { state.reserved = true }
            state.pending = true
        }
        guard state.shared == 1 else {
            // SQLite keeps PENDING and asks again; a handle that closes gives it back through `lower`.
            if level < SQLITE_LOCK_PENDING {
                state.pending = false
                if level < SQLITE_LOCK_RESERVED { state.reserved = false }
            }
            return nil
        }
        state.exclusive = true
        return SQLITE_LOCK_EXCLUSIVE
    }

    func lower(from level: Int32, to wanted: Int32) -> Int32 {
        state.withLock { state in
            guard wanted < level else { return level }
            if level >= SQLITE_LOCK_EXCLUSIVE { state.exclusive = false }
            if level >= SQLITE_LOCK_PENDING { state.pending = false }
            if level >= SQLITE_LOCK_RESERVED, wanted < SQLITE_LOCK_RESERVED { state.reserved = false }
            if level >= SQLITE_LOCK_SHARED, wanted < SQLITE_LOCK_SHARED { state.shared -= 1 }
            return wanted
        }
    }

    var isReserved: Bool { state.withLock { $0.reserved || $0.pending || $0.exclusive } }
}

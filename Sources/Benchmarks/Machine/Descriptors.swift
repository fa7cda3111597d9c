import Glibc

/// The process's bound on open files.
package enum Descriptors {
    /// Raises the bound as far as it may be, since plain SQLite takes three descriptors a database.
    ///
    /// - Returns: the bound.
    package static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1_024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Databases that a peer may keep open under that bound, with a reserve for everything else.
    package static func peerHandles(_ bound: Int) -> Int { max(64, (bound - 1_024) / 3) }
}

import Glibc
import Logging
import Settings

/// The descriptors of a serving process.
enum ServeDescriptors {
    /// Raises the limit as far as this user may, and shares out what there is.
    ///
    /// - Throws: `ServeFailure.config` where it is not enough to run.
    static func plan(_ settings: ServerSettings, _ logger: Logger) throws -> DescriptorPlan {
        let (before, limit) = raise()
        let plan: DescriptorPlan
        do throws(DescriptorPlan.TooFew) {
            plan = try DescriptorPlan(limit: limit, for: settings)
        } catch {
            throw ServeFailure.config(error.description)
        }
        logger.info(
            "descriptors",
            metadata: [
                "limit": "\(limit)", "before": "\(before)", "connections": "\(plan.connections)",
                "files": "\(plan.files)",
            ])
        if let warning = plan.warning { logger.warning("\(warning)") }
        return plan
    }

    /// The soft limit is small for programs that use `select`; this one does not.
    ///
    /// - Returns: the limit before and now.
    private static func raise() -> (before: Int, now: Int) {
        let kind = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(kind, &limit) == 0 else { return (fallback, fallback) }
        let before = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        // Where the system's own maximum is lower than the hard limit, what was there has to do.
        let isRaised = before < limit.rlim_max && setrlimit(kind, &limit) == 0
        return (Int(clamping: before), Int(clamping: isRaised ? limit.rlim_max : before))
    }

    /// What every system gives.
    private static let fallback = 1_024
}

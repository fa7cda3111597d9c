/// How many descriptors each part of a node may have, out of those that the process may open: pure.
///
/// Connections give way first. A node that cannot open its own files can neither copy commits into them nor move its
/// journal on.
package struct DescriptorPlan: Equatable, Sendable {
    /// Client connections.
    package let connections: Int
    /// Tenants' files that stay open.
    package let files: Int
    /// What was asked for and does not fit, in words.
    package let warning: String?

    /// Threads' wake-ups, calls to other nodes, temporary files, tenants on the move, manifests, the log.
    package static let others = 256
    /// Segments that are begun beyond `journal.size` at a start.
    private static let moreSegments = 4
    private static let leastFiles = 64
    private static let mostFiles = 20_000
    private static let leastConnections = 16
    /// Tenants' files come before connections up to here.
    private static let wantedFiles = 1_024

    /// - Parameter limit: Descriptors that the process may have open.
    /// - Throws: `TooFew`.
    package init(limit: Int, for settings: ServerSettings) throws(TooFew) {
        let segments = settings.journal.size / settings.journal.segment + Self.moreSegments
        let own = segments + Self.others
        let needed = own + Self.leastFiles + Self.leastConnections
        guard limit >= needed else { throw TooFew(limit: limit, needed: needed) }
        let left = limit - own
        let kept = min(Self.wantedFiles, max(Self.leastFiles, left / 4))
        let wanted = settings.limits.connections
        connections = min(wanted, left - kept)
        files = min(Self.mostFiles, left - connections)
        guard connections < wanted else {
            warning = nil
            return
        }
        warning =
            "the process may have \(limit) files open, which is enough for \(connections) connections and not for "
            + "limits.connections \(wanted); \(TooFew.advice)"
    }

    /// Not even a node that hardly serves anybody could run.
    package struct TooFew: Error, Equatable, CustomStringConvertible {
        let limit: Int
        let needed: Int

        static let advice = "raise the limit (LimitNOFILE= of systemd, --ulimit nofile= of Docker, ulimit -Hn)"

        package var description: String {
            "the process may have \(limit) files open, and with this journal.size and journal.segment it needs "
                + "\(needed); \(Self.advice)"
        }
    }
}

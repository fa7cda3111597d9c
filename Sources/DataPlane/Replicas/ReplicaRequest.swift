import NIOHTTP1
import Tenants

/// What replicas of libSQL's native client ask for.
enum ReplicaRequest: Hashable, Sendable {
    /// Which generation a new one begins with.
    case info
    /// That generation's first state.
    case export(UInt32)
    /// Frames.
    case pull(ReplicaPosition)
    /// Frames of commits that were made offline, and what the request before was given.
    case push(ReplicaPosition, baton: String?)

    /// - Parameter path: what follows the base.
    init?(_ method: HTTPMethod, _ path: String) {
        if path == "info", method == .GET || method == .HEAD {
            self = .info
            return
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        switch (parts.first, method == .HEAD ? .GET : method) {
        case ("export", .GET) where parts.count == 2:
            guard let generation = Self.number(parts[1]) else { return nil }
            self = .export(generation)
        case ("sync", .GET) where parts.count == 4:
            guard let position = Self.position(parts) else { return nil }
            self = .pull(position)
        case ("sync", .POST) where parts.count == 4 || parts.count == 5:
            guard let position = Self.position(parts) else { return nil }
            self = .push(position, baton: parts.count == 5 ? String(parts[4]) : nil)
        default: return nil
        }
    }

    /// The path's form in the API's document.
    static func template(_ path: String) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        switch parts.first {
        case "export" where parts.count == 2 && number(parts[1]) != nil: return "export/{generation}"
        case "sync" where parts.count == 4 && position(parts) != nil: return "sync/{generation}/{from}/{to}"
        case "sync" where parts.count == 5 && position(parts) != nil: return "sync/{generation}/{from}/{to}/{baton}"
        default: return nil
        }
    }

    /// Whether a path is a replica's also where no base names the tenant.
    static func isBare(_ path: String) -> Bool {
        path == "info" || path.hasPrefix("export/") || path.hasPrefix("sync/")
    }

    private static func position(_ parts: [Substring]) -> ReplicaPosition? {
        guard let generation = number(parts[1]), let from = number(parts[2]), let to = number(parts[3]) else {
            return nil
        }
        return ReplicaPosition(generation: generation, from: from, to: to)
    }

    /// Digits alone.
    private static func number(_ text: Substring) -> UInt32? {
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return UInt32(text)
    }
}

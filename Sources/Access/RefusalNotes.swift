import Seams

/// Refusals since they were last told, by code and network. Pure.
struct RefusalNotes {
    private struct Source: Hashable {
        let code: String
        let origin: String
    }

    /// Sources that are told apart between two entries, and those of them that are named.
    private static let most = 64
    private static let named = 8
    /// Nanoseconds.
    private static let shortest: UInt64 = 60_000_000_000
    private static let longest: UInt64 = 600_000_000_000

    private var counts: [Source: Int] = [:]
    private var others = 0
    private var told: Instant?
    private var pause = shortest

    mutating func add(_ code: String, _ origin: String, count: Int = 1) {
        let source = Source(code: code, origin: origin)
        if counts[source] != nil || counts.count < Self.most {
            counts[source, default: 0] += count
        } else {
            others += count
        }
    }

    /// - Returns: the most frequent, then the rest as one.
    mutating func take(_ now: Instant) -> [AccessNotes.Told] {
        guard !counts.isEmpty || others > 0 else { return [] }
        if let told {
            let since = now.nanoseconds(since: told)
            guard since >= pause else { return [] }
            // Whoever goes on is told of less often; after a quiet time it is news again.
            pause = since < pause * 2 ? min(pause * 2, Self.longest) : Self.shortest
        }
        told = now
        let order = counts.sorted {
            ($1.value, $0.key.origin, $0.key.code) < ($0.value, $1.key.origin, $1.key.code)
        }
        var found = order.prefix(Self.named).map { entry in
            AccessNotes.Told(.refused(code: entry.key.code, origin: entry.key.origin), count: entry.value)
        }
        let rest = order.dropFirst(Self.named).reduce(others) { $0 + $1.value }
        if rest > 0 { found.append(AccessNotes.Told(.otherRefusals, count: rest)) }
        counts = [:]
        others = 0
        return found
    }

    mutating func putBack(_ one: AccessNotes.Told) {
        told = nil
        pause = Self.shortest
        guard case .refused(let code, let origin) = one.what else {
            others += one.count
            return
        }
        add(code, origin, count: one.count)
    }
}

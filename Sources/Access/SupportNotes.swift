import Seams

/// Uses of support tokens since each was last told, with where they came from. Pure.
struct SupportNotes {
    private struct Uses {
        var count = 0
        var origins: Set<String> = []
    }

    /// Tokens that are told apart, and addresses of each that are named.
    private static let most = 64
    private static let named = 8
    /// Nanoseconds between two entries of one token's use.
    private static let pause: UInt64 = 60_000_000_000

    private var uses: [AccessNote.Kind: Uses] = [:]
    private var others = 0
    private var told: [AccessNote.Kind: Instant] = [:]
    private var othersTold: Instant?

    mutating func add(_ token: AccessNote.Kind, _ origin: String) { add(token, [origin], count: 1) }

    private mutating func add(_ token: AccessNote.Kind, _ origins: [String], count: Int) {
        guard uses[token] != nil || uses.count < Self.most else {
            others += count
            return
        }
        uses[token, default: Uses()].count += count
        for origin in origins where uses[token]?.origins.count ?? 0 < Self.named { uses[token]?.origins.insert(origin) }
    }

    mutating func take(_ now: Instant) -> [AccessNotes.Told] {
        told = told.filter { now.nanoseconds(since: $0.value) < Self.pause }
        if let last = othersTold, now.nanoseconds(since: last) >= Self.pause { othersTold = nil }
        var found: [(token: String, told: AccessNotes.Told)] = []
        for (kind, one) in uses where told[kind] == nil && told.count < Self.most {
            guard case .support(let token, let supporter, let tenant) = kind else { continue }
            let what = AccessNotes.Told.What.support(
                token: token, supporter: supporter, tenant: tenant, origins: one.origins.sorted())
            found.append((token, AccessNotes.Told(what, count: one.count)))
            uses[kind] = nil
            // As many as may be told of in a minute.
            told[kind] = now
        }
        var all = found.sorted { $0.token < $1.token }.map(\.told)
        if others > 0, othersTold == nil {
            all.append(AccessNotes.Told(.otherUses, count: others))
            others = 0
            othersTold = now
        }
        return all
    }

    mutating func putBack(_ one: AccessNotes.Told) {
        guard case .support(let token, let supporter, let tenant, let origins) = one.what else {
            others += one.count
            othersTold = nil
            return
        }
        let kind = AccessNote.Kind.support(token: token, supporter: supporter, tenant: tenant)
        told[kind] = nil
        add(kind, origins, count: one.count)
    }
}

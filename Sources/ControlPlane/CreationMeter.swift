import Seams

/// How many tenants may be made in a minute, by each caller and by all. Pure; bounded by what all may make.
struct CreationMeter {
    private static let minute: UInt64 = 60_000_000_000
    private static let callers = 10_000

    private let perCaller: UInt64
    private let perNode: UInt64
    /// For each caller, when all that it made counts no more.
    private var clear: [UInt64: Instant] = [:]
    private var nodeClear = Instant(nanoseconds: 0)

    /// - Parameter perCaller: 0 for none at all, as for `perNode`.
    init(perCaller: Int, perNode: Int) {
        self.perCaller = UInt64(max(0, perCaller))
        self.perNode = UInt64(max(0, perNode))
    }

    /// Counts one.
    ///
    /// - Returns: nil if it may be made, else seconds to wait.
    mutating func take(_ caller: UInt64, at now: Instant) -> Int? {
        if clear.count >= Self.callers { clear = clear.filter { $0.value > now } }
        guard clear.count < Self.callers else { return 1 }
        let mine = max(clear[caller] ?? now, now)
        let all = max(nodeClear, now)
        if let wait = Self.wait(mine, perCaller, now) ?? Self.wait(all, perNode, now) { return wait }
        clear[caller] = mine.advanced(byNanoseconds: Self.minute / perCaller)
        nodeClear = all.advanced(byNanoseconds: Self.minute / perNode)
        return nil
    }

    /// Seconds until a share is free again of one that is used up until `clear`.
    private static func wait(_ clear: Instant, _ limit: UInt64, _ now: Instant) -> Int? {
        guard limit > 0 else { return 60 }
        let used = clear.nanoseconds(since: now)
        let free = minute - minute / limit
        return used <= free ? nil : Int((used - free + 999_999_999) / 1_000_000_000)
    }
}

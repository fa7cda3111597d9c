/// Pauses between attempts to connect: 50 ms, then twice as long each time up to a second, of which a random half is kept,
/// so that connections lost together do not come back together.
struct PostgresBackoff {
    private static let first: UInt64 = 50_000_000
    private static let longest: UInt64 = 1_000_000_000
    private var next = first

    /// - Parameter dice: any random number.
    mutating func pause(dice: UInt64) -> UInt64 {
        defer { next = min(next * 2, Self.longest) }
        return next / 2 + dice % (next / 2)
    }

    mutating func reset() { next = Self.first }
}

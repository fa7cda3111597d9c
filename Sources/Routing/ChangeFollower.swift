package import Catalog

/// What a poll of the change log means for those who remember rows.
package enum ChangeEvent: Equatable, Sendable {
    case changed(CatalogChange)
    /// Changes of this counter were missed: everything known of its tenants may be old.
    case forget(bucket: Int)
    case forgetAll
}

/// Follows the change log's counters. Pure: it compares positions, says what to read, and turns what was read into events.
package struct ChangeFollower: Sendable {
    package struct Reading: Equatable, Sendable {
        package var bucket: Int
        package var after: UInt64
        /// What the counter showed.
        package var upTo: UInt64
    }

    /// A counter that is further ahead is not read but forgotten.
    private static let patience = UInt64(8 * ChangeLog.page)

    private var known: [UInt64] = []

    package init() {}

    /// Compares the counters with what is known.
    ///
    /// The first time, and for a counter that went back (another catalog, or one that lost commits), the position is taken
    /// over and what was remembered before is forgotten.
    package mutating func compare(_ positions: [UInt64]) -> (events: [ChangeEvent], readings: [Reading]) {
        guard known.count == positions.count else {
            known = positions
            return ([.forgetAll], [])
        }
        var events: [ChangeEvent] = []
        var readings: [Reading] = []
        for (bucket, position) in positions.enumerated() where position != known[bucket] {
            if position > known[bucket], position - known[bucket] <= Self.patience {
                readings.append(Reading(bucket: bucket, after: known[bucket], upTo: position))
            } else {
                known[bucket] = position
                events.append(.forget(bucket: bucket))
            }
        }
        return (events, readings)
    }

    /// Takes what a reading gave. Entries that are missing have been trimmed away; then the counter is forgotten.
    package mutating func received(_ changes: [CatalogChange], for reading: Reading) -> [ChangeEvent] {
        let expected = reading.after + 1
        let isGapFree = !changes.isEmpty && changes.enumerated().allSatisfy { $1.seq == expected + UInt64($0) }
        known[reading.bucket] = changes.last?.seq ?? reading.upTo
        return isGapFree ? changes.map { .changed($0) } : [.forget(bucket: reading.bucket)]
    }
}

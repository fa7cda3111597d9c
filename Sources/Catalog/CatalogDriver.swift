/// The way to a catalog: embedded, another node's, or PostgreSQL.
///
/// A driver adds no meaning of its own. Guards, repetition and stored results are `CatalogExecutor`'s, which every driver
/// runs where its database is.
package protocol CatalogDriver: Sendable {
    /// Runs the transaction atomically, one after another with all others (serialisable).
    ///
    /// Returns only after what it did, and what it read, is durable: also where a stored result is returned, which may
    /// have been committed a moment ago by an earlier copy of the same transaction. The wait is bounded by the driver; a
    /// cancelled task may give up early with `outcomeUnknown`.
    ///
    /// - Returns: one result per statement, in order.
    /// - Throws: `CatalogError`; after anything but `outcomeUnknown` nothing has been changed.
    func run(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows]
}

/// Suspends for so many nanoseconds; throws when the task is cancelled. Given from outside, so that tests own time.
package typealias Sleep = @Sendable (_ nanoseconds: UInt64) async throws -> Void

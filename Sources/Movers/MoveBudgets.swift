package import Rebalancing

/// How long each step of a move may take, and how many moves a node takes part in. In nanoseconds.
package struct MoveBudgets: Sendable {
    /// That clients' open transactions and half-read results are given before the move is postponed or they are ended.
    package var transactionPatience: UInt64 = 2_000_000_000
    /// Parking writes, waiting for the disk and copying the log included.
    package var freeze: UInt64 = 15_000_000_000
    /// Parking reads.
    package var readPatience: UInt64 = 1_000_000_000
    package var parkReads: UInt64 = 5_000_000_000
    /// Copying the file, before its size is counted.
    package var copy: UInt64 = 10_000_000_000
    /// Bytes per second below which a copy is given up.
    package var copyRate: UInt64 = 8 << 20
    /// Pages of 4 KiB that are sent in one call: 4 MiB.
    package var piecePages: UInt32 = 1024
    /// How often a piece is sent again before the copy is given up, and the pause before.
    package var pieceRepeats = 2
    package var piecePause: UInt64 = 200_000_000
    /// Pages of a tenant beyond which it is copied while writes go on: 1 MiB. A smaller one is copied in less time than it
    /// takes to find out what has changed.
    package var tailPages: UInt32 = 256
    /// Pages that have changed that are sent in one call: 1 MiB. They are read on the tenant's thread.
    package var batchPages = 256
    /// When a tenant whose changes follow is frozen.
    package var tail = TailPace.Limits(pause: 15_000_000, longestPause: 1_000_000_000, patience: 64)
    /// Following the writes, beside the time that a copy of the whole may take: what does not come to an end by then never would.
    package var following: UInt64 = 120_000_000_000
    /// The last pages, while writes are parked.
    package var lastPages: UInt64 = 5_000_000_000
    /// That a target waits for the next pages, or the source's freezing.
    package var followSilence: UInt64 = 30_000_000_000
    package var position: UInt64 = 5_000_000_000
    package var hint: UInt64 = 2_000_000_000
    /// That a target waits for the next bytes of a copy.
    package var silence: UInt64 = 10_000_000_000
    /// After which it looks at the row now and then: the move may have ended.
    package var quiet: UInt64 = 1_000_000_000
    /// Between a target's looks at the row of a copy that it has answered for.
    package var look: UInt64 = 500_000_000
    /// That a target gives its source to finish the row, before it does so itself.
    package var finish: UInt64 = 3_000_000_000
    /// Between two reports of how far a copy is.
    package var report: UInt64 = 500_000_000
    /// Between two looks for files of tenants that left long ago.
    package var sweep: UInt64 = 3_600_000_000_000
    /// Between two looks for moves that nobody is at; a prepare that was sent comes within this.
    package var orphans: UInt64 = 30_000_000_000
    /// Moves out of a node at once, and copies that come into it at once.
    package var movesOut = 2
    package var movesIn = 2
    /// Copies that a node has taken in and not yet opened or dropped: they take room on its disk.
    package var copiesHeld = 64

    package init() {}

    func copying(_ bytes: Int64) -> UInt64 { copy + UInt64(bytes) / (copyRate / 1_000) * 1_000_000 }
}

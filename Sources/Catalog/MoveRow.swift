package import Vocabulary

/// A move as its history keeps it. Nothing decides by it; the placement row does.
package struct MoveRow: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        case preparing
        case copying
        case tailing
        case frozen
        /// The target owns the tenant.
        case committed
        case done
        case aborted
    }

    package var id: String
    package var tenant: TenantID
    package var source: NodeID
    package var target: NodeID
    package var state: State
    /// Of the owner before the move.
    package var epoch: Epoch
    package var bytes: Int64
    /// Bytes that have changed at the source and are not in the copy, when last looked at.
    package var lag: Int64
    /// Milliseconds in which writes were parked.
    package var pause: Int64?
    /// Milliseconds that they were expected to be parked for, if it had been then.
    package var predictedPause: Int64?
    package var txid: TxID?
    package var checksum: UInt64?
    /// Why it was aborted.
    package var reason: String?
    package var created: WallTime
    package var updated: WallTime
}

extension MoveRow {
    static let select = """
        SELECT id, tenant, source, target, state, epoch, bytes, lag, pause, predicted, txid, checksum, reason, created, updated
        FROM moves
        """

    init(_ row: [CatalogValue]) throws(CatalogError) {
        var reader = RowReader("moves", row)
        id = try reader.text()
        tenant = try reader.tenant()
        source = try reader.node()
        target = try reader.node()
        state = try reader.word(State.self)
        epoch = Epoch(try reader.bits())
        bytes = try reader.integer()
        lag = try reader.integer()
        pause = try reader.integerOrNull()
        predictedPause = try reader.integerOrNull()
        txid = try reader.integerOrNull().map { TxID(UInt64(bitPattern: $0)) }
        checksum = try reader.integerOrNull().map { UInt64(bitPattern: $0) }
        reason = try reader.textOrNull()
        created = try reader.time()
        updated = try reader.time()
    }
}

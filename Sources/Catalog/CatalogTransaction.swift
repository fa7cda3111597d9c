package import Seams
package import Vocabulary

/// A list of guarded statements that is sent whole and happens whole or not at all.
package struct CatalogTransaction: Equatable, Sendable {
    package enum Kind: Equatable, Sendable {
        /// Changes nothing; needs no operation id.
        case read
        /// Changes rows, exactly once however often it is sent.
        case write(CatalogOperation)
        /// Changes tables. Sent only by the process that runs the migrations; its own guards make it safe to repeat.
        case schema
    }

    package var kind: Kind
    package var statements: [CatalogStatement]
    /// It may look at, or change, every row of a table: a driver whose patience is for the usual has more for it. Another node is
    /// not told.
    package var isLong: Bool

    package init(_ kind: Kind, _ statements: [CatalogStatement], isLong: Bool = false) {
        self.kind = kind
        self.statements = statements
        self.isLong = isLong
    }
}

/// What makes a mutating transaction safe to send again: its id is inserted together with its effects.
package struct CatalogOperation: Equatable, Sendable {
    package var id: OperationID
    /// When it was asked for. A record, used only to forget old operations.
    package var at: WallTime
    /// The sender has sent it before and does not know what came of it. A refusal is then recorded too, so that an earlier
    /// copy that is still under way cannot take effect after the sender was told "no".
    package var repeated: Bool

    package init(id: OperationID, at: WallTime, repeated: Bool = false) {
        self.id = id
        self.at = at
        self.repeated = repeated
    }
}

/// 128 random bits that name one mutating transaction.
package struct OperationID: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package init(random: any RandomSource) {
        self.init(high: random.next(), low: random.next())
    }

    /// Reads what `bytes` gave; nil for another length.
    package init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        func word(_ part: ArraySlice<UInt8>) -> UInt64 { part.reduce(0) { $0 << 8 | UInt64($1) } }
        self.init(high: word(bytes[..<8]), low: word(bytes[8...]))
    }

    /// Sixteen bytes, most significant first.
    package var bytes: [UInt8] {
        [high, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * UInt64($0))) } }
    }
}

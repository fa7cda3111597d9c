package import Rebalancing
package import Vocabulary

/// What a source tells its target of the copy that it sends: whose it is, by which move it comes, and what it must be.
package struct MoveOffer: Equatable, Sendable {
    package var order: MoveOrder
    /// Of the prepared row.
    package var version: UInt64
    /// As the source froze it, or before that, where the copy is followed, as it was when it was begun; its generation means
    /// nothing to the target.
    package var state: TenantState

    package init(order: MoveOrder, version: UInt64, state: TenantState) {
        self.order = order
        self.version = version
        self.state = state
    }
}

extension MoveOffer {
    /// As the query of a call: `name=value` joined by `&`. All values are letters, digits and `-`.
    package var query: String {
        [
            "tenant=\(order.tenant)", "source=\(order.source)", "target=\(order.target)", "epoch=\(order.epoch)",
            "version=\(version)", "txid=\(state.txid)", "time=\(state.time)", "pages=\(state.pageCount)",
            "checksum=\(state.checksum)", "copying=\(order.copying.word)",
        ].joined(separator: "&")
    }

    /// - Parameter value: of a name in the query.
    /// - Returns: nil where one is missing or wrong.
    package init?(move: String, query value: (String) -> String?) {
        guard !move.isEmpty, move.utf8.count <= 64, move.utf8.allSatisfy(Self.isPlain),
            let tenant = value("tenant").flatMap({ TenantID(hex: $0) }), !tenant.isReserved,
            let source = value("source").flatMap({ NodeID($0) }), let target = value("target").flatMap({ NodeID($0) }),
            let epoch = value("epoch").flatMap({ UInt64($0) }), let version = value("version").flatMap({ UInt64($0) }),
            let txid = value("txid").flatMap({ UInt64($0) }), let time = value("time").flatMap({ Int64($0) }),
            let pages = value("pages").flatMap({ UInt32($0) }), pages > 0,
            let checksum = value("checksum").flatMap({ UInt64($0) }),
            let copying = MoveOrder.Copying(word: value("copying") ?? "frozen")
        else { return nil }
        self.init(
            order: MoveOrder(
                id: move, tenant: tenant, source: source, target: target, epoch: Epoch(epoch), copying: copying),
            version: version,
            state: TenantState(
                generation: .none, epoch: Epoch(epoch), txid: TxID(txid), time: WallTime(milliseconds: time),
                pageCount: pages, checksum: checksum))
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

extension MoveOrder.Copying {
    var word: String {
        switch self {
        case .whileFrozen: "frozen"
        case .thenTail: "tail"
        }
    }

    init?(word: String) {
        switch word {
        case "frozen": self = .whileFrozen
        case "tail": self = .thenTail
        default: return nil
        }
    }
}

extension MovePosition {
    package init(_ state: TenantState) { self.init(txid: state.txid, checksum: state.checksum) }

    /// `<txid> <checksum>`
    package var text: String { "\(txid) \(checksum)" }

    package init?(text: String) {
        let parts = text.split(separator: " ")
        guard parts.count == 2, let txid = UInt64(parts[0]), let checksum = UInt64(parts[1]) else { return nil }
        self.init(txid: TxID(txid), checksum: checksum)
    }
}

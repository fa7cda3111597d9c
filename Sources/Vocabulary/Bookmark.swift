/// A point in a tenant's history that a client may hold: (epoch, TxID), written as two hexadecimal numbers and opaque to
/// clients. At most 64 bytes.
package struct Bookmark: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let epoch: Epoch
    package let txid: TxID

    package init(epoch: Epoch, txid: TxID) {
        self.epoch = epoch
        self.txid = txid
    }

    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 64 else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let epoch = UInt64(parts[0], radix: 16), let txid = UInt64(parts[1], radix: 16) else {
            return nil
        }
        self.init(epoch: Epoch(epoch), txid: TxID(txid))
    }

    package var description: String {
        String(epoch.rawValue, radix: 16) + "-" + String(txid.rawValue, radix: 16)
    }

    /// By TxID: it alone orders a tenant's history, across moves too (rule J7).
    package static func < (a: Bookmark, b: Bookmark) -> Bool { a.txid < b.txid }
}

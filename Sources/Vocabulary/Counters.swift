/// The counters that order everything: each is its own type, so that one cannot be passed for another.

/// A position in one node's journal: dense, starting at 1. 0 means "before every record".
package struct LSN: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static let none = LSN(0)
    package var next: LSN { LSN(rawValue + 1) }
    package static func < (a: LSN, b: LSN) -> Bool { a.rawValue < b.rawValue }
    package var description: String { String(rawValue) }
}

/// A tenant's commit counter: dense and strictly increasing (rule J7); it goes on across moves and replacements.
/// 0 means "as created from its template".
package struct TxID: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static let none = TxID(0)
    package var next: TxID { TxID(rawValue + 1) }
    package static func < (a: TxID, b: TxID) -> Bool { a.rawValue < b.rawValue }
    package var description: String { String(rawValue) }
}

/// Grows by one each time a tenant's owner changes. The first owner serves epoch 1.
package struct Epoch: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static let first = Epoch(1)
    package var next: Epoch { Epoch(rawValue + 1) }
    package static func < (a: Epoch, b: Epoch) -> Bool { a.rawValue < b.rawValue }
    package var description: String { String(rawValue) }
}

/// Names one file of a tenant on one node; never used twice on that node (rule J8). 0 is no generation.
package struct Generation: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let rawValue: UInt64
    package init(_ rawValue: UInt64) { self.rawValue = rawValue }
    package static let none = Generation(0)
    package var next: Generation { Generation(rawValue + 1) }
    package static func < (a: Generation, b: Generation) -> Bool { a.rawValue < b.rawValue }
    package var description: String { String(rawValue) }
}

/// Milliseconds since 1970-01-01 UTC. For people and records; never for a decision about ownership.
package struct WallTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let milliseconds: Int64
    package init(milliseconds: Int64) { self.milliseconds = milliseconds }
    package static func < (a: WallTime, b: WallTime) -> Bool { a.milliseconds < b.milliseconds }
    package var description: String { String(milliseconds) }
}

/// A member's name or a `type`, of at most 16 bytes, packed so that comparing is two integer comparisons.
///
/// Bytes beyond the name are zero. No name contains a zero byte: the reader makes `unknown` of one that does, and of any
/// longer name.
struct ShortName: Equatable {
    private let low: UInt64
    private let high: UInt64

    /// Equal to no name that a message uses.
    static var unknown: ShortName { ShortName(low: .max, high: .max) }

    @inline(__always)
    private init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// - Precondition: `name` has 1 to 16 bytes. Folds into two constants when optimised.
    @inline(__always)
    init(_ name: StaticString) {
        self.init(UnsafeRawPointer(name.utf8Start), count: name.utf8CodeUnitCount)
    }

    /// - Precondition: `count` is at most 16.
    @inline(__always)
    init(_ bytes: UnsafeRawPointer, count: Int) {
        self.init(
            low: Self.pack(bytes, count: min(count, 8)),
            high: count > 8 ? Self.pack(bytes + 8, count: count - 8) : 0)
    }

    /// Two overlapping loads that stay within the name: nothing is known about the bytes around it.
    @inline(__always)
    private static func pack(_ bytes: UnsafeRawPointer, count: Int) -> UInt64 {
        if count == 8 { return UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)) }
        if count >= 4 {
            let head = UInt64(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
            let tail = UInt64(
                UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)))
            return head | tail &<< UInt64(truncatingIfNeeded: (count &- 4) &* 8)
        }
        var word: UInt64 = 0
        for index in 0..<count {
            word |= UInt64(bytes.load(fromByteOffset: index, as: UInt8.self)) &<< UInt64(truncatingIfNeeded: index &* 8)
        }
        return word
    }

    @inline(__always)
    static func == (a: ShortName, b: ShortName) -> Bool { a.low == b.low && a.high == b.high }
}

extension ShortName {
    static var type: ShortName { ShortName("type") }
    static var value: ShortName { ShortName("value") }
    static var base64: ShortName { ShortName("base64") }
    static var name: ShortName { ShortName("name") }
    static var sql: ShortName { ShortName("sql") }
    static var sqlID: ShortName { ShortName("sql_id") }
    static var args: ShortName { ShortName("args") }
    static var namedArgs: ShortName { ShortName("named_args") }
    static var wantRows: ShortName { ShortName("want_rows") }
    static var stmt: ShortName { ShortName("stmt") }
    static var batch: ShortName { ShortName("batch") }
    static var steps: ShortName { ShortName("steps") }
    static var condition: ShortName { ShortName("condition") }
    static var step: ShortName { ShortName("step") }
    static var cond: ShortName { ShortName("cond") }
    static var conds: ShortName { ShortName("conds") }
    static var baton: ShortName { ShortName("baton") }
    static var requests: ShortName { ShortName("requests") }
}

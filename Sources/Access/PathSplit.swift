/// A request target cut at the tenant: `/t/{key}` if it begins so, and the rest.
struct PathSplit {
    /// The key, still encoded; empty for `/t` and `/t/`. nil if the path names no tenant.
    let key: Range<Int>?
    /// What follows, up to the query, without slashes at either end.
    private let rest: Range<Int>
    private let hasDoubledSlash: Bool

    init(_ target: borrowing Span<UInt8>) {
        var end = 0
        while end < target.count, target[end] != UInt8(ascii: "?") { end += 1 }
        var start = Self.skipSlashes(target, 0, end)
        let first = Self.segmentEnd(target, start, end)
        if first - start == 1, target[start] == UInt8(ascii: "t") {
            let keyStart = Self.skipSlashes(target, first, end)
            let keyEnd = Self.segmentEnd(target, keyStart, end)
            key = keyStart..<keyEnd
            start = Self.skipSlashes(target, keyEnd, end)
        } else {
            key = nil
        }
        while end > start, target[end - 1] == UInt8(ascii: "/") { end -= 1 }
        rest = start..<end
        var doubled = false
        for index in rest.dropFirst() where target[index] == UInt8(ascii: "/") && target[index - 1] == UInt8(ascii: "/")
        {
            doubled = true
        }
        hasDoubledSlash = doubled
    }

    /// `target` is the one that the split was made of.
    func remainder(of target: borrowing Span<UInt8>) -> String {
        let source = target.extracting(rest)
        return String(unsafeUninitializedCapacity: source.count) { buffer in
            var count = 0
            for index in source.indices {
                let isRepeated =
                    hasDoubledSlash && index > 0 && source[index] == UInt8(ascii: "/")
                    && source[index - 1] == UInt8(ascii: "/")
                if isRepeated { continue }
                buffer[count] = source[index]
                count += 1
            }
            return count
        }
    }

    private static func skipSlashes(_ target: borrowing Span<UInt8>, _ from: Int, _ end: Int) -> Int {
        var index = from
        while index < end, target[index] == UInt8(ascii: "/") { index += 1 }
        return index
    }

    private static func segmentEnd(_ target: borrowing Span<UInt8>, _ from: Int, _ end: Int) -> Int {
        var index = from
        while index < end, target[index] != UInt8(ascii: "/") { index += 1 }
        return index
    }
}

import NIOHTTP1
import Vocabulary

/// What a request asks of a snapshot beside the tenant: which part, and not if the caller has it. Pure (RFC 9110, 13 and 14).
struct SnapshotTerms: Sendable {
    enum Part: Equatable, Sendable {
        case whole
        /// Some bytes: 206.
        case bytes(Range<Int64>)
        /// None of the bytes that are there: 416.
        case unsatisfiable
    }

    /// The values of `If-None-Match`.
    private let known: [Substring]
    private let ifRange: String?
    private let range: String?

    init(_ headers: HTTPHeaders) {
        known = headers[canonicalForm: "if-none-match"]
        ifRange = headers.first(name: "if-range")
        range = headers.first(name: "range")
    }

    static func etag(_ bookmark: Bookmark) -> String { "\"\(bookmark)\"" }

    /// The version that a caller goes on with who has a part of it: served as long as it is kept, also when the tenant has a
    /// newer one by now, since long downloads beside writes would never end otherwise.
    var goesOnWith: Bookmark? {
        guard range != nil, let ifRange, ifRange.first == "\"", ifRange.last == "\"", ifRange.utf8.count > 2 else {
            return nil
        }
        return Bookmark(ifRange.dropFirst().dropLast())
    }

    /// The caller has this version.
    func isKnown(_ bookmark: Bookmark) -> Bool {
        let etag = Self.etag(bookmark)
        return known.contains { $0 == "*" || $0 == etag || $0.hasPrefix("W/") && $0.dropFirst(2) == etag }
    }

    /// - Parameter size: bytes of all of it.
    func part(of bookmark: Bookmark, size: Int64) -> Part {
        guard let range, ifRange.map({ $0 == Self.etag(bookmark) }) ?? true else { return .whole }
        return Self.part(range, size)
    }

    /// One range of bytes. What has another unit, several ranges, or cannot be read is ignored, as the standard allows.
    private static func part(_ text: String, _ size: Int64) -> Part {
        guard text.utf8.count <= 64, text.lowercased().hasPrefix("bytes=") else { return .whole }
        let ends = text.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2 else { return .whole }
        let (first, last) = (trimmed(ends[0]), trimmed(ends[1]))
        if first.isEmpty {
            guard let count = number(last) else { return .whole }
            return count == 0 || size == 0 ? .unsatisfiable : .bytes(max(0, size - count)..<size)
        }
        guard let start = number(first) else { return .whole }
        var end = Int64.max
        if !last.isEmpty {
            guard let given = number(last), given >= start else { return .whole }
            end = given
        }
        return start >= size ? .unsatisfiable : .bytes(start..<min(size, end == .max ? size : end + 1))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return text
    }

    private static func number(_ text: Substring) -> Int64? {
        guard text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        return Int64(text)
    }
}

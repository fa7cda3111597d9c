import NIOHTTP1
import Tenants
import Vocabulary

/// What an upload asks beside what its body holds. Pure (RFC 9110, 8.4 and 13.1.1).
struct UploadTerms: Sendable {
    /// What the tenant must be.
    let expected: BookmarkCondition

    /// - Throws: `BAD_REQUEST` for what this server does not do: a condition that is ignored would cost somebody their data.
    init(_ headers: HTTPHeaders) throws(TransportError) {
        for coding in headers[canonicalForm: "content-encoding"] where coding.lowercased() != "identity" {
            throw .badHeader("Content-Encoding", "left out: send the file as it is")
        }
        if headers.contains(name: "content-range") {
            throw .badHeader("Content-Range", "left out: send the file as a whole")
        }
        if headers.contains(name: "if-none-match") || headers.contains(name: "if-unmodified-since") {
            throw .badHeader("If-Match", "the only condition of an upload")
        }
        expected = try Self.condition(headers[canonicalForm: "if-match"])
    }

    private static func condition(_ tags: [Substring]) throws(TransportError) -> BookmarkCondition {
        guard !tags.isEmpty, tags != ["*"] else { return .none }
        var bookmarks: [Bookmark] = []
        for tag in tags {
            // A weak tag matches nothing here.
            if tag.hasPrefix("W/") { continue }
            let isQuoted = tag.utf8.count > 2 && tag.first == "\"" && tag.last == "\""
            guard let bookmark = Bookmark(isQuoted ? tag.dropFirst().dropLast() : tag) else {
                throw .badHeader("If-Match", "an ETag or a bookmark that an answer gave, or *")
            }
            bookmarks.append(bookmark)
        }
        return .oneOf(bookmarks)
    }
}

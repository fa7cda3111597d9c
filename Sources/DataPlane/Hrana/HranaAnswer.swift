package import Vocabulary

/// The outside of an answer whose body is in its work's writer.
package struct HranaAnswer: Hashable, Sendable {
    package var status = 200
    /// Sent exactly so.
    package var contentType = "application/json"
    package var retryAfterSeconds: Int?
    package var allow: String?
    /// What the answer tells of; nil where nothing of the tenant was looked at.
    package var bookmark: Bookmark?

    init() {}

    init(_ error: TransportError, bookmark: Bookmark? = nil) {
        status = error.status
        contentType = error.contentType
        retryAfterSeconds = error.retryAfterSeconds
        allow = error.allow
        self.bookmark = bookmark
    }
}

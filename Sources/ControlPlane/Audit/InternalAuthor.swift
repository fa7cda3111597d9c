import Access
import Catalog
import FoundationEssentials
import Hummingbird

/// Hands on to another node on whose behalf it is asked; signed with the path that it is a part of.
enum InternalAuthor {
    private static let name = "author"

    private struct Words: Codable {
        let actor: String
        let origin: String
        let request: String
    }

    /// The path with the task's author, if it has one.
    static func handing(on path: String) -> String {
        guard let author = AuditAuthor.current,
            let bytes = try? JSONEncoder().encode(
                Words(actor: author.actor, origin: author.origin, request: author.request))
        else { return path }
        return path + (path.contains("?") ? "&" : "?") + name + "=" + Base64URL.encode(bytes)
    }

    static func read(_ request: Request) -> AuditAuthor? {
        guard let text = request.uri.queryParameters[Substring(name)], let bytes = Base64URL.decode(text.utf8),
            let words = try? JSONDecoder().decode(Words.self, from: Data(bytes))
        else { return nil }
        return AuditAuthor(actor: words.actor, origin: words.origin, request: words.request)
    }
}

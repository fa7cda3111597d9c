import Hrana
import NIOHTTP1

/// Which form of the protocol a WebSocket is to speak.
struct SocketHandshake: Equatable {
    let version: HranaVersion
    let encoding: AnswerEncoding
    /// As the answer names it; nil where the client has named none.
    let subprotocol: String?

    /// Best first.
    private static let known: [(name: String, version: HranaVersion, encoding: AnswerEncoding)] = [
        ("hrana3-protobuf", .three, .protobuf), ("hrana3", .three, .json), ("hrana2", .two, .json),
        ("hrana1", .one, .json),
    ]

    /// The best of what the client offers; version 1 for one that offers nothing.
    ///
    /// - Throws: what the client is told.
    init(_ head: HTTPRequestHead) throws(TransportError) {
        guard head.version.minor > 0, Self.lists(head.headers[canonicalForm: "connection"], "upgrade") else {
            throw .socketRefused("A WebSocket is asked for in HTTP/1.1 with Connection: Upgrade")
        }
        let offers = head.headers[canonicalForm: "sec-websocket-protocol"]
        guard !offers.isEmpty else {
            (version, encoding, subprotocol) = (.one, .json, nil)
            return
        }
        guard let best = Self.known.first(where: { offer in offers.contains { $0 == offer.name } }) else {
            throw .socketRefused("None of the subprotocols is known here; offer hrana3, hrana2 or hrana1")
        }
        (version, encoding, subprotocol) = (best.version, best.encoding, best.name)
    }

    /// - Parameter upgrade: a value of that header.
    static func isAsked(by upgrade: String) -> Bool {
        upgrade.split(separator: ",").contains { $0.trimmingSpaces.lowercased() == "websocket" }
    }

    static func isAsked(by head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.headers["upgrade"].contains { isAsked(by: $0) }
    }

    private static func lists(_ values: [Substring], _ token: String) -> Bool {
        values.contains { $0.lowercased() == token }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}

extension TransportError {
    static func socketRefused(_ message: String) -> TransportError {
        TransportError(400, "BAD_REQUEST", message, form: .plain)
    }
}

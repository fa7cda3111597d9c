import Hrana
import NIOHTTP1

/// What the data plane offers under a tenant's base.
enum HranaEndpoint: Hashable, Sendable {
    /// `GET v2` and the like: answered without a token, since clients probe before they authenticate.
    case probe
    case pipeline(HranaVersion, AnswerEncoding)
    case cursor(AnswerEncoding)
    case execute
    case batch
    /// Plain JSON, in the control plane's shape.
    case query
    /// The whole tenant as one file.
    case snapshot
    /// What embedded replicas ask for.
    case replica(ReplicaRequest)
    /// What the tenant's statements cost; or all of it forgotten.
    case stats
    /// A file in the tenant's place.
    case upload
    /// A WebSocket on the base itself.
    case socket
    /// `OPTIONS` on any of them.
    case preflight
    /// There is something at the path, but it takes only these.
    case wrongMethod(allowed: String)
    case unknown

    /// - Parameter path: what follows the base, as `ResolvedName.path`.
    init(_ method: HTTPMethod, _ path: String, asksSocket: Bool = false) {
        if method == .OPTIONS {
            self = .preflight
            return
        }
        switch path {
        case "" where asksSocket && method == .GET: self = .socket
        case "v3/pipeline" where method == .POST: self = .pipeline(.three, .json)
        case "v2/pipeline" where method == .POST: self = .pipeline(.two, .json)
        case "v3/cursor" where method == .POST: self = .cursor(.json)
        case "v3-protobuf/pipeline" where method == .POST: self = .pipeline(.three, .protobuf)
        case "v3-protobuf/cursor" where method == .POST: self = .cursor(.protobuf)
        case "v1/execute" where method == .POST: self = .execute
        case "v1/batch" where method == .POST: self = .batch
        case "query" where method == .POST: self = .query
        case "snapshot" where method == .GET || method == .HEAD: self = .snapshot
        case "stats" where method == .GET || method == .DELETE: self = .stats
        case "snapshot" where method == .PUT: self = .upload
        case "v1" where method == .GET || method == .HEAD, "v2" where method == .GET || method == .HEAD,
            "v3" where method == .GET || method == .HEAD, "v3-protobuf" where method == .GET || method == .HEAD:
            self = .probe
        default:
            if let asked = ReplicaRequest(method, path) {
                self = .replica(asked)
            } else {
                let place = ReplicaRequest.template(path) ?? path
                self = TenantPlane.allowedMethods(at: place).map { .wrongMethod(allowed: $0) } ?? .unknown
            }
        }
    }

    /// Whether errors of a request have the control plane's shape; known even where nothing else of it is.
    static func answersPlainly(_ uri: String) -> Bool {
        trimmed(uri).hasSuffix("/query") || trimmed(uri).hasSuffix("/stats") || isSnapshot(uri)
    }

    static func isSnapshot(_ uri: String) -> Bool { trimmed(uri).hasSuffix("/snapshot") }

    private static func trimmed(_ uri: String) -> Substring {
        var path = uri.prefix { $0 != "?" }
        while path.last == "/" { path.removeLast() }
        return path
    }

    /// Of the answer, where the request is served.
    var encoding: AnswerEncoding {
        switch self {
        case .pipeline(_, let encoding), .cursor(let encoding): encoding
        default: .json
        }
    }

    /// The copy of a large tenant takes its time.
    var makesCopies: Bool {
        switch self {
        case .snapshot, .replica, .upload: true
        default: false
        }
    }

    /// Whether a request can be done at most once under a key.
    var takesIdempotencyKey: Bool {
        switch self {
        case .query, .execute, .batch, .pipeline: true
        default: false
        }
    }

    /// Answered without a token; a WebSocket may bring its own later.
    var isOpen: Bool {
        switch self {
        case .probe, .preflight, .unknown, .wrongMethod, .socket: true
        default: false
        }
    }

    /// Paths that are the data plane's also without a base, where a header or the credential names the tenant.
    ///
    /// - Parameter path: as `ResolvedName.path`.
    static func isBare(_ path: String) -> Bool {
        switch path {
        case "v1", "v2", "v3", "v1/execute", "v1/batch", "query", "snapshot", "stats": true
        default:
            ReplicaRequest.isBare(path) || path.hasPrefix("v2/") || path.hasPrefix("v3/") || path == "v3-protobuf"
                || path.hasPrefix("v3-protobuf/")
        }
    }
}

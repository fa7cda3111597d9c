package import NIOCore
package import NIOHTTP1

/// Whose a request is.
package enum DoorVerdict: Sendable {
    /// Ours: the body is gathered and the request goes to ``DoorService``. `bodyLimit` in bytes; `nil` means
    /// ``DoorLimits/body``.
    case dataPlane(bodyLimit: Int? = nil)
    /// Ours, handed over with its head: the body comes after, as fast as ``DoorService`` takes it (``DoorUpload``).
    case upload(bodyLimit: Int)
    /// Everything else on the port: Hummingbird's.
    case tail
    /// Nobody's: internal paths and headers from outside, and the like.
    case refuse(DoorRefusal)
}

/// Decides from a request's head alone. Called on the event loop for every request, so it must be quick and must not
/// block; it sees only heads whose framing, host and target are sound.
package protocol DoorRules: Sendable {
    func classify(_ head: HTTPRequestHead) -> DoorVerdict

    /// How a refusal looks to the client. `head` is `nil` when there is no head to speak of.
    func body(of refusal: DoorRefusal, for head: HTTPRequestHead?, id: RequestNumber) -> RefusalBody
}

/// An error body with its content type, which is sent exactly as given.
package struct RefusalBody: Sendable {
    package let contentType: String
    package let bytes: ByteBuffer

    package init(contentType: String, bytes: ByteBuffer) {
        self.contentType = contentType
        self.bytes = bytes
    }
}

extension RefusalBody {
    /// The control plane's shape: `{"error": {"code": …, "message": …, "requestID": …}}`.
    package static func control(_ refusal: DoorRefusal, _ id: RequestNumber) -> RefusalBody {
        RefusalBody(contentType: "application/json", bytes: ByteBuffer(string: refusal.json(id)))
    }
}

extension DoorRefusal {
    /// The control plane's error shape, as JSON text.
    func json(_ id: RequestNumber) -> String {
        let (code, message) = (Self.escaped(code), Self.escaped(message))
        return "{\"error\":{\"code\":\"\(code)\",\"message\":\"\(message)\",\"requestID\":\"\(id)\"}}"
    }

    /// Our own sentences need none of this; those of ``DoorRules`` may.
    private static func escaped(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case _ where scalar.value < 0x20: out += " "
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }
}

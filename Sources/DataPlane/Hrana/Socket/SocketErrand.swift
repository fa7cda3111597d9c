import Access
import Hrana
import NIOCore
import NIOHTTP1
import Synchronization
import Vocabulary

/// A request that came on a WebSocket, on its way through the service like one that came over HTTP.
final class SocketErrand: Sendable {
    let admission: HranaAdmission
    /// nil: what is asked is only whether the caller may use the tenant.
    let program: HranaProgram?
    /// The connection's own: whatever token it shows later, its streams stay its.
    private let principal: UInt64
    /// Of a hello: what the connection takes with it.
    let place: SocketPlace?
    /// The one tenant that the connection's tokens name; nil where the tenant is named otherwise, or before the first hello.
    let tenant: SoleTenant?
    /// Whose session was read for it.
    private let readCredential = Mutex<Credential?>(nil)

    init(
        _ admission: HranaAdmission, _ program: HranaProgram?, principal: UInt64, place: SocketPlace? = nil,
        tenant: SoleTenant? = nil
    ) {
        self.admission = admission
        self.program = program
        self.principal = principal
        self.place = place
        self.tenant = tenant
    }

    var known: Credential? { readCredential.withLock { $0 } }

    /// - Throws: `forbidden` where the session reaches another tenant than the connection is for.
    func note(_ credential: Credential) throws(AccessError) {
        readCredential.withLock { $0 = credential }
        if let tenant, try credential.soleTenant() != tenant { throw .forbidden }
    }

    func authority(_ authority: Authority) -> Authority { Authority(principal: principal, level: authority.level) }

    /// The head and body with which it goes to another node.
    func write(to request: DoorRequest, for key: TenantKey) {
        guard let program else { preconditionFailure("what runs nothing is not relayed") }
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/t/\(Self.encoded(key))/\(path)")
        head.headers.add(name: "rowhouse-timeout", value: String(max(1, admission.timeout / 1_000_000)))
        if let bookmark = admission.bookmark {
            head.headers.add(name: "rowhouse-bookmark", value: bookmark.description)
        }
        request.write(head, body(of: program))
    }

    private var path: String {
        switch admission.endpoint {
        case .cursor(.json): "v3/cursor"
        case .cursor(.protobuf): "v3-protobuf/cursor"
        case .pipeline(_, .protobuf): "v3-protobuf/pipeline"
        default: "v3/pipeline"
        }
    }

    private func body(of program: HranaProgram) -> ByteBuffer {
        var writer = AnswerWriter(admission.endpoint.encoding)
        switch (program, writer.encoding) {
        case (.pipeline(let request), .json): writer.json.pipelineRequest(request)
        case (.pipeline(let request), .protobuf): writer.protobuf.pipelineRequest(request)
        case (.cursor(let request), .json): writer.json.cursorRequest(request)
        case (.cursor(let request), .protobuf): writer.protobuf.cursorRequest(request)
        case (.version1, _), (.query, _): preconditionFailure("these do not come on a WebSocket")
        }
        return ByteBuffer(bytes: writer.bytes.bytes)
    }

    private static func encoded(_ key: TenantKey) -> String {
        var text = ""
        for byte in key.string.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }
}

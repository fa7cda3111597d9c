import Foundation
import Processes
import Testing

/// A request that must be refused, and how.
struct Bad {
    /// How an error looks on the wire.
    enum Form: Equatable {
        /// `text/plain`: how Hrana reports violations of its protocol.
        case plain
        /// `{"message", "code", "error"}`: other failures of the data plane.
        case data(String)
        /// `{"message", "code"}`: Hrana's own error object.
        case stream(String)
        /// `{"error": {"code", "message", "requestID"}}`: the control plane.
        case control(String)
        /// No body, as after HEAD.
        case empty
    }

    let name: String
    let bytes: [UInt8]
    let status: Int
    let form: Form
    /// The connection ends with the answer.
    var ends = false

    init(_ name: String, _ bytes: [UInt8], _ status: Int, _ form: Form, ends: Bool = false) {
        self.name = name
        self.bytes = bytes
        self.status = status
        self.form = form
        self.ends = ends
    }

    init(_ name: String, _ text: String, _ status: Int, _ form: Form, ends: Bool = false) {
        self.init(name, Array(text.utf8), status, form, ends: ends)
    }

    func check(_ answer: Wire.Answer, in place: SourceLocation) {
        let seen: Comment = "\(name): \(answer.status) \(answer.headers) \(answer.text.prefix(300))"
        #expect(answer.status == status, seen, sourceLocation: place)
        #expect(answer.headers["rowhouse-request-id"]?.isEmpty == false, seen, sourceLocation: place)
        #expect((answer.headers["connection"] == "close") == ends, seen, sourceLocation: place)
        #expect((answer.headers["retry-after"] != nil) == [429, 503].contains(status), seen, sourceLocation: place)
        #expect((answer.headers["www-authenticate"] != nil) == (status == 401), seen, sourceLocation: place)
        #expect(form.fits(answer), seen, sourceLocation: place)
    }
}

extension Bad.Form {
    func fits(_ answer: Wire.Answer) -> Bool {
        // Clients compare the whole header, so there is nothing behind the type.
        let isJSON = answer.headers["content-type"] == "application/json"
        let object = answer.object
        func isText(_ value: Any?) -> Bool { (value as? String)?.isEmpty == false }
        switch self {
        case .plain:
            return answer.headers["content-type"] == "text/plain" && !answer.body.isEmpty && answer.json == nil
        case .data(let code):
            return isJSON && object["code"] as? String == code && isText(object["message"]) && isText(object["error"])
        case .stream(let code):
            return isJSON && object["code"] as? String == code && isText(object["message"]) && object["error"] == nil
        case .control(let code):
            guard let error = object["error"] as? [String: Any] else { return false }
            return isJSON && error["code"] as? String == code && isText(error["message"])
                && error["requestID"] as? String == answer.headers["rowhouse-request-id"]
        case .empty:
            return answer.body.isEmpty
        }
    }
}

/// Requests as text.
enum Raw {
    static func get(_ path: String, _ headers: String = "", method: String = "GET") -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n"
    }

    static func post(_ path: String, _ body: String, _ headers: String = "", method: String = "POST") -> String {
        let length = "Content-Length: \(body.utf8.count)\r\n"
        return "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n\(headers)\(length)\r\n\(body)"
    }

    static func post(_ path: String, bytes: [UInt8]) -> [UInt8] {
        Array("POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Length: \(bytes.count)\r\n\r\n".utf8) + bytes
    }

    static func pipeline(_ body: String, _ headers: String = "") -> String {
        post("/t/acme/v3/pipeline", body, headers)
    }

    static let select = #"{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}},{"type":"close"}]}"#
    /// What a refused request would have done.
    static let delete = #"{"type":"execute","stmt":{"sql":"DELETE FROM t"}}"#
}

import Contract
import HTTPTypes
import Hummingbird
import NIOCore

/// `/openapi.json`: what the API is. It is the same for everybody, so it needs no token.
struct DocumentController: Sendable {
    private let text: ByteBuffer

    init(_ document: Document) {
        do {
            text = ByteBuffer(bytes: try document.encoded())
        } catch {
            preconditionFailure("the document is made of values that JSON has: \(error)")
        }
    }

    func register(on group: RouterGroup<ControlContext>) {
        group.on(ProbeOperations.document) { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-cache"],
                body: ResponseBody(byteBuffer: text))
        }
    }
}

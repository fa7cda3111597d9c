package import Access
package import AsyncHTTPClient
package import NIOCore
import NIOHTTP1
package import Seams

/// Signed calls to other nodes over HTTP/1.1. One for the whole process; any task may call.
package struct PeerClient: PeerTransport {
    private let client: HTTPClient
    private let signer: ClusterSigner
    private let limits: PeerLimits
    private let budget: CallBudget

    /// - Parameter client: made with `configuration(_:)`; whoever made it shuts it down.
    package init(client: HTTPClient, signer: ClusterSigner, limits: PeerLimits = PeerLimits()) {
        self.client = client
        self.signer = signer
        self.limits = limits
        budget = CallBudget(limits.calls)
    }

    /// What the HTTP client must be made with: it follows nothing, unpacks nothing and repeats nothing by itself.
    package static func configuration(_ limits: PeerLimits = PeerLimits()) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.httpVersion = .http1Only
        configuration.decompression = .disabled
        configuration.timeout.connect = TimeAmount(limits.connect)
        configuration.timeout.read = TimeAmount(limits.streamPause)
        configuration.connectionPool.idleTimeout = TimeAmount(limits.idle)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = limits.connectionsPerNode
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    package func call(
        _ address: String, method: String, path: String, body: [UInt8], timeout: Duration
    ) async throws(PeerFailure) -> PeerAnswer {
        guard body.count <= limits.messageBytes else { throw .tooLarge(limit: limits.messageBytes) }
        var request = try request(
            address, SignedRequest(method: method, path: path, body: .of(body)), contentType: "application/octet-stream"
        )
        if !body.isEmpty || method == "POST" { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await send(request, timeout: timeout)
        defer { budget.giveBack() }
        return try await collect(response, timeout: timeout)
    }

    /// Calls, and hands the answer's body over piece by piece as the caller takes it. Between two pieces the node may
    /// pause for `PeerLimits.streamPause`.
    ///
    /// - Parameter timeout: from this call to the answer's head.
    /// - Throws: `PeerFailure`, also if the answer's status is not between 200 and 299; and whatever `body` throws.
    package func download<Result>(
        _ address: String, path: String, request bytes: [UInt8] = [], timeout: Duration = .seconds(10),
        _ body: (PeerStream) async throws -> Result
    ) async throws -> Result {
        guard bytes.count <= limits.messageBytes else { throw PeerFailure.tooLarge(limit: limits.messageBytes) }
        var request = try request(address, SignedRequest(method: "POST", path: path, body: .of(bytes)))
        request.body = .bytes(ByteBuffer(bytes: bytes))
        let response = try await send(request, timeout: timeout)
        defer { budget.giveBack() }
        try await refuse(response, timeout: timeout)
        return try await body(PeerStream(response.body))
    }

    /// Sends a body piece by piece, each asked for only when the connection takes it; the answer is small.
    ///
    /// The signature covers the path, not the body: what is sent this way carries checksums of its own.
    ///
    /// - Parameters:
    ///   - length: bytes of the body; nil if not known yet.
    ///   - timeout: for the whole.
    /// - Throws: `PeerFailure`; `outcomeUnknown` also if `body` throws.
    package func upload<Body: AsyncSequence & Sendable>(
        _ address: String, path: String, length: Int64? = nil, timeout: Duration, _ body: Body
    ) async throws(PeerFailure) -> PeerAnswer where Body.Element == ByteBuffer {
        var request = try request(address, SignedRequest(method: "PUT", path: path, body: .streamed))
        request.body = .stream(body, length: length.map { .known($0) } ?? .unknown)
        let response = try await send(request, timeout: timeout)
        defer { budget.giveBack() }
        return try await collect(response, timeout: timeout)
    }
}

extension PeerClient {
    private func request(
        _ address: String, _ signed: SignedRequest, contentType: String = "application/octet-stream"
    ) throws(PeerFailure) -> HTTPClientRequest {
        guard let node = NodeAddress(address) else { throw .unreachable("\"\(address)\" is no node's address") }
        var request = HTTPClientRequest(url: node.description + signed.path)
        request.method = HTTPMethod(rawValue: signed.method)
        request.headers.add(name: "content-type", value: contentType)
        if case .sha256(let digest) = signed.body {
            request.headers.add(name: InternalHeaders.digest, value: Base64URL.encode(digest))
        }
        request.headers.add(name: InternalHeaders.signature, value: signer.sign(signed))
        return request
    }

    /// With the answer's head in hand the caller owes `budget.giveBack()`.
    private func send(
        _ request: HTTPClientRequest, timeout: Duration
    ) async throws(PeerFailure) -> HTTPClientResponse {
        guard budget.take() else { throw .unreachable("\(limits.calls) calls are under way already") }
        do {
            return try await client.execute(request, timeout: TimeAmount(timeout))
        } catch {
            budget.giveBack()
            throw PeerFailure(sending: error)
        }
    }

    private func collect(
        _ response: HTTPClientResponse, timeout: Duration
    ) async throws(PeerFailure) -> PeerAnswer {
        let body: ByteBuffer
        do {
            let limit = limits.messageBytes
            body = try await within(timeout) { try await response.body.collect(upTo: limit) }
        } catch is NIOTooManyBytesError {
            throw .tooLarge(limit: limits.messageBytes)
        } catch {
            throw .outcomeUnknown("the answer broke off (\(error))")
        }
        let status = Int(response.status.code)
        guard (200..<300).contains(status) else { throw PeerFailure(status: status, body: body) }
        return PeerAnswer(status: status, body: Array(body.readableBytesView))
    }

    private func refuse(_ response: HTTPClientResponse, timeout: Duration) async throws(PeerFailure) {
        guard !(200..<300).contains(response.status.code) else { return }
        _ = try await collect(response, timeout: timeout)
    }

    /// The HTTP client's own deadline ends with the answer's head.
    private func within<Result: Sendable>(
        _ timeout: Duration, _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            return try await group.next()!
        }
    }
}

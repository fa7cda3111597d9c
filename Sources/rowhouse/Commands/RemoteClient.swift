import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Seams
import Terminal

/// Calls a node. Each call is made once: whether to repeat it is the caller's decision, who knows what it changes.
struct RemoteClient {
    /// A node that says nothing for this long counts as unreachable. Above the longest time that a statement may take.
    private static let patience = TimeAmount.seconds(310)
    /// A machine that is there answers a knock within this.
    private static let connectPatience = TimeAmount.seconds(5)
    /// More than any answer that a command asks for; the data plane bounds results far below it.
    private static let largestAnswer = 256 << 20

    /// Lives as long as the process.
    private static let http: HTTPClient = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = connectPatience
        // Where nobody listens now nobody will in a minute: who typed the command wants to know at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    let base: String
    let token: String?

    enum Method: String {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    /// - Parameter path: begins with a slash, percent-encoded (`RequestPath`).
    /// - Returns: the answer's JSON; `.null` for an empty one.
    /// - Throws: `CommandFailure`: unreachable, or the node's refusal with its code.
    func call(
        _ method: Method, _ path: String, body: JSONValue? = nil, idempotencyKey: String? = nil
    ) async throws(CommandFailure) -> JSONValue {
        var request = HTTPClientRequest(url: base + path)
        request.method = .RAW(value: method.rawValue)
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "rowhouse/\(Build.version)")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let idempotencyKey { request.headers.add(name: "idempotency-key", value: idempotencyKey) }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body.text()))
        }
        return try await ask(request).body
    }

    /// One call of libSQL's protocol.
    ///
    /// - Returns: the answer's JSON, and the bookmark that came with it.
    func exchange(
        _ path: String, _ body: JSONValue
    ) async throws(CommandFailure) -> (body: JSONValue, bookmark: String?) {
        var request = HTTPClientRequest(url: base + path)
        request.method = .POST
        request.headers.add(name: "user-agent", value: "rowhouse/\(Build.version)")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        request.body = .bytes(ByteBuffer(string: body.text()))
        return try await ask(request)
    }

    private func ask(
        _ request: HTTPClientRequest
    ) async throws(CommandFailure) -> (body: JSONValue, bookmark: String?) {
        let response = try await send(request)
        guard let answer = response.body else {
            throw .unreachable(base, "what answers there is not a node (status \(response.status), no JSON)")
        }
        guard (200..<300).contains(response.status) else {
            throw CommandFailure(httpStatus: response.status, body: answer)
        }
        return (answer, response.bookmark)
    }

    /// Begins to fetch a file.
    ///
    /// - Returns: an answer of 200 or 206, whose body is still to come.
    /// - Throws: `CommandFailure`: unreachable, or the node's refusal with its code.
    func download(_ path: String, _ headers: [(String, String)]) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: base + path)
        request.headers.add(name: "user-agent", value: "rowhouse/\(Build.version)")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        return try await begin(request)
    }

    /// Sends a body of bytes and begins to take the answer.
    ///
    /// - Returns: an answer of 200, whose body is still to come.
    /// - Throws: `CommandFailure` as `download`, `CancellationError` where the task was cancelled meanwhile.
    func stream(_ path: String, body: ByteBuffer, type: String) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: base + path)
        request.method = .POST
        request.headers.add(name: "content-type", value: type)
        // The most there is: it counts for all statements together, and whoever waits can end them.
        request.headers.add(name: "rowhouse-timeout", value: "300000")
        request.headers.add(name: "user-agent", value: "rowhouse/\(Build.version)")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        request.body = .bytes(body)
        return try await begin(request)
    }

    private func begin(_ request: HTTPClientRequest) async throws -> HTTPClientResponse {
        let response: HTTPClientResponse
        do {
            response = try await Self.http.execute(request, deadline: .distantFuture)
        } catch {
            try Task.checkCancellation()
            throw CommandFailure.unreachable(base, Self.reason(error))
        }
        if response.status == .ok || response.status == .partialContent { return response }
        let bytes = (try? await response.body.collect(upTo: 1 << 20)).map { Data($0.readableBytesView) }
        throw CommandFailure(
            httpStatus: Int(response.status.code),
            body: bytes.flatMap { JSONValue(parsing: $0) ?? Self.plain($0, response.headers) })
    }

    /// Sends a file.
    ///
    /// - Returns: the answer's status and JSON.
    /// - Throws: `CommandFailure`: unreachable, or the node's refusal with its code.
    func upload(
        _ path: String, _ headers: [(String, String)], _ body: HTTPClientRequest.Body
    ) async throws -> (status: Int, body: JSONValue) {
        var request = HTTPClientRequest(url: base + path)
        request.method = .PUT
        request.headers.add(name: "content-type", value: "application/vnd.sqlite3")
        request.headers.add(name: "user-agent", value: "rowhouse/\(Build.version)")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        request.body = body
        let answer: (status: Int, body: JSONValue?)
        do {
            let response = try await Self.http.execute(request, deadline: .distantFuture)
            let bytes = Data(try await response.body.collect(upTo: 1 << 20).readableBytesView)
            answer = (Int(response.status.code), JSONValue(parsing: bytes))
        } catch {
            throw CommandFailure.unreachable(base, Self.reason(error))
        }
        guard (200..<300).contains(answer.status), let body = answer.body else {
            throw CommandFailure(httpStatus: answer.status, body: answer.body)
        }
        return (answer.status, body)
    }

    func brokenOff() -> CommandFailure { .unreachable(base, "the connection broke off") }

    /// `body` is `nil` where the answer is neither JSON nor, as Hrana's protocol errors are, plain text.
    private struct Answer {
        let status: Int
        let body: JSONValue?
        let bookmark: String?
    }

    private func send(_ request: HTTPClientRequest) async throws(CommandFailure) -> Answer {
        do {
            let response = try await Self.http.execute(request, timeout: Self.patience)
            let bytes = Data(try await response.body.collect(upTo: Self.largestAnswer).readableBytesView)
            var body = bytes.isEmpty ? .null : JSONValue(parsing: bytes)
            if body == nil { body = Self.plain(bytes, response.headers) }
            return Answer(
                status: Int(response.status.code), body: body,
                bookmark: response.headers.first(name: "rowhouse-bookmark"))
        } catch let error as HTTPClientError where error == .connectTimeout {
            throw .unreachable(base, "nothing answers at that address")
        } catch let error as HTTPClientError where error == .deadlineExceeded {
            throw .unreachable(base, "no answer in time")
        } catch {
            throw .unreachable(base, Self.reason(error))
        }
    }

    /// Hrana's protocol errors, which are plain text.
    private static func plain(_ bytes: Data, _ headers: HTTPHeaders) -> JSONValue? {
        guard headers.first(name: "content-type")?.hasPrefix("text/plain") == true else { return nil }
        return .object(["message": .string(String(decoding: bytes.prefix(2000), as: UTF8.self))])
    }

    /// The innermost cause, which is what helps; the layers around it only repeat the address.
    private static func reason(_ error: any Error) -> String {
        if let connection = error as? NIOConnectionError {
            if connection.dnsAError != nil || connection.dnsAAAAError != nil, connection.connectionErrors.isEmpty {
                return "the name \(connection.host) is not known"
            }
            if let first = connection.connectionErrors.first?.error { return reason(first) }
        }
        if let error = error as? IOError { return SystemErrorText.words(error.errnoCode) }
        return String(describing: error)
    }
}

import Foundation
import FoundationNetworking
import NIOCore
import Testing
import Vocabulary

/// `PUT snapshot` and what is around it, over HTTP.
struct UploadDoor: Sendable {
    let door: HranaDoor
    static let path = "/t/acme/snapshot"

    struct Answer {
        var status: Int
        var headers: [String: String]
        var bytes: [UInt8]
        var body: String { String(decoding: bytes, as: UTF8.self) }
        var code: String? { JSON(body)["error"]["code"].string }
        var message: String { JSON(body)["error"]["message"].string ?? body }
    }

    func send(
        _ method: String, _ body: [UInt8]? = nil, _ headers: [String: String] = [:], path: String = Self.path
    ) async throws -> Answer {
        var request = URLRequest(url: URL(string: "http://127.0.0.1:\(door.door.port)\(path)")!)
        request.httpMethod = method
        request.cachePolicy = .reloadIgnoringLocalAndRemoteCacheData
        for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
        let session = URLSession(configuration: .ephemeral)
        defer { session.invalidateAndCancel() }
        if let body { request.httpBody = Data(body) }
        let (data, response) = try await session.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        let fields = answer.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") }
        return Answer(
            status: answer.statusCode, headers: Dictionary(fields, uniquingKeysWith: { $1 }), bytes: Array(data))
    }

    func put(_ file: ForeignFile, _ headers: [String: String] = [:]) async throws -> Answer {
        try await send("PUT", file.bytes, headers)
    }

    func snapshot() async throws -> ForeignFile {
        let answer = try await send("GET")
        #expect(answer.status == 200, "\(answer.body.prefix(300))")
        return ForeignFile(answer.bytes)
    }

    /// One statement on the tenant.
    ///
    /// - Returns: the answer's text.
    func query(_ sql: String, _ headers: String = "") async throws -> Client.Answer {
        try await door.ask(post("/t/acme/query", #"{"sql": \#(HranaHouse.quoted(sql))}"#, headers))
    }

    /// The files that the tenant has, and those on their way.
    func leftOvers() throws -> [String] {
        let files = FileManager.default
        let directory = door.house.directory
        let all = try files.subpathsOfDirectory(atPath: directory + "/tenants").filter { $0.contains(".sqlite") }
        let own = all.filter { $0.contains(HranaHouse.tenant.description) }
        return try files.contentsOfDirectory(atPath: directory + "/tmp") + own.dropFirst()
    }
}

extension Client {
    func send(bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }
}

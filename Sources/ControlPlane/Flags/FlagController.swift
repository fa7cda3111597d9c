import Catalog
import Contract
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Seams
import Vocabulary

/// `/v1/flags`: small versioned values that every node hears of.
struct FlagController: Sendable {
    let board: FlagBoard
    let time: any TimeSource

    private var rows: FlagRows { board.rows }

    func register(on group: RouterGroup<ControlContext>) {
        group.on(FlagOperations.list, do: list)
        group.on(FlagOperations.show, do: show)
        group.on(FlagOperations.set, do: set)
        group.on(FlagOperations.unset, do: unset)
        group.on(FlagOperations.history, do: history)
        group.on(FlagOperations.rollBack, do: rollBack)
    }

    // MARK: Reading

    @Sendable private func list(_ request: Request, _ context: ControlContext) async throws -> Response {
        let query = try ListQuery(request, for: FlagOperations.list)
        guard let after = query["after"] else {
            guard query["wait"] == nil else { throw APIError.badRequest("wait goes with after") }
            let limit = try query.limit()
            // First the number: what changes meanwhile comes again with the next wait, and nothing is passed over.
            let seq = try await rows.newest()
            let flags = try await rows.list(after: query["cursor"] ?? "", limit: limit)
            let next = flags.count == limit ? flags.last?.name : nil
            return try JSONText.response(.ok, FlagPage(items: try flags.map(FlagObject.init), next: next, seq: seq))
        }
        guard let seq = UInt64(after), seq <= UInt64(Int64.max) else {
            throw APIError.badRequest("after is the seq of an answer before")
        }
        let changes = try await changes(after: seq, waiting: try Self.span(query["wait"]))
        return try JSONText.response(
            .ok, FlagPage(items: try changes.flags.map(FlagObject.init), next: nil, seq: changes.newest))
    }

    private func changes(after seq: UInt64, waiting span: UInt64) async throws -> (flags: [FlagRow], newest: UInt64) {
        let changes = try await rows.changes(after: seq)
        // A number from another catalog, or from before one lost commits: all there is, so that nobody waits for ever.
        guard changes.newest >= seq else { return try await rows.changes(after: 0) }
        guard changes.flags.isEmpty, span > 0 else { return changes }
        switch await board.wait(after: seq, atMost: span) {
        case .changes(let flags, let newest): return (flags, newest)
        case .nothing: return ([], seq)
        case .unknown: return try await self.changes(after: seq, waiting: 0)
        case .refused:
            throw APIError(.busy, "too many wait for flags on this node, or it stops; ask again", retryAfter: 1)
        }
    }

    /// Nanoseconds, up to a minute.
    private static func span(_ text: String?) throws(APIError) -> UInt64 {
        guard let text, text != "0s" else { return 0 }
        guard let seconds = SpanText.seconds(text), seconds <= 60 else {
            throw APIError.badRequest("wait is at most 60s, such as 30s")
        }
        return UInt64(seconds) * 1_000_000_000
    }

    @Sendable private func show(_ request: Request, _ context: ControlContext) async throws -> Response {
        let name = try Self.name(context)
        guard let flag = try await rows.find(name), flag.value != nil else { throw Self.notFound(name) }
        return try JSONText.response(.ok, FlagObject(flag))
    }

    @Sendable private func history(_ request: Request, _ context: ControlContext) async throws -> Response {
        let name = try Self.name(context)
        let versions = try await rows.history(of: name)
        guard !versions.isEmpty else { throw Self.notFound(name) }
        return try JSONText.response(.ok, PageObject(items: try versions.map(FlagObject.init), next: nil))
    }

    // MARK: Changing

    struct SetBody: RequestBody {
        enum CodingKeys: String, CodingKey, CaseIterable { case value, version }
        static let schema = Schema.object(
            [
                .init("value", FlagOperations.value),
                .optional("version", .integer(0...Int64.max), "At which it must be; 0: it must not be there."),
            ], isStrict: true)

        let value: PlainJSON
        let version: UInt64?
    }

    @Sendable private func set(_ request: Request, _ context: ControlContext) async throws -> Response {
        let name = try Self.name(context)
        let body = try await JSONText.decode(SetBody.self, from: request)
        let value = try body.value.text()
        guard value.utf8.count <= FlagRows.valueBytes else {
            throw APIError(.bodyTooLarge, "a flag's value has at most \(FlagRows.valueBytes) bytes")
        }
        return try answer(
            name, try await rows.set(name, to: value, version: body.version, at: time.wall()))
    }

    @Sendable private func unset(_ request: Request, _ context: ControlContext) async throws -> Response {
        let name = try Self.name(context)
        let version = try ListQuery(request, for: FlagOperations.unset)["version"].map { text in
            guard let version = UInt64(text), version > 0 else {
                throw APIError.badRequest("version is a whole number")
            }
            return version
        }
        return try answer(name, try await rows.set(name, to: nil, version: version, at: time.wall()))
    }

    struct RollbackBody: RequestBody {
        enum CodingKeys: String, CodingKey, CaseIterable { case to, version }
        static let schema = Schema.object(
            [
                .optional(
                    "to", .integer(1...Int64.max), "A version; the one before the present value where it is not said."),
                .optional("version", .integer(1...Int64.max), "At which the flag must be now."),
            ],
            isStrict: true)

        let to: UInt64?
        let version: UInt64?
    }

    @Sendable private func rollBack(_ request: Request, _ context: ControlContext) async throws -> Response {
        let name = try Self.name(context)
        let body = try await JSONText.decode(RollbackBody.self, from: request)
        return try answer(name, try await rows.rollBack(name, to: body.to, version: body.version, at: time.wall()))
    }

    private func answer(_ name: String, _ outcome: FlagRows.SetOutcome) throws -> Response {
        switch outcome {
        case .set(let flag):
            return try JSONText.response(.ok, FlagObject(flag))
        case .differs(nil): throw Self.notFound(name)
        case .differs(let flag?):
            let now = flag.value == nil ? "not set" : "at version \(flag.version)"
            throw APIError(.versionConflict, "the flag is \(now); read it again and repeat")
        case .tooMany:
            throw APIError(.tooManyFlags, "there are \(FlagRows.most) flags; names that were taken away count as well")
        case .noSuchVersion:
            throw APIError(
                .flagVersionMissing, "there is no such earlier version; see GET /v1/flags/\(name)/history")
        }
    }

    private static func notFound(_ name: String) -> APIError { APIError.notFound("there is no flag \"\(name)\"") }

    private static func name(_ context: ControlContext) throws -> String {
        let text = PercentText.unescape(try context.parameters.require("name")) ?? ""
        let isFirst: (UInt8) -> Bool = { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        guard let first = text.utf8.first, isFirst(first), text.utf8.count <= 128,
            text.utf8.allSatisfy({ isFirst($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F })
        else {
            throw APIError.badRequest(
                "a flag's name is 1 to 128 of A-Z, a-z, 0-9, '.', '_', '-', a letter or digit first")
        }
        return text
    }
}

/// A flag as the API shows it.
struct FlagObject: Encodable {
    let name: String
    let value: PlainJSON?
    let version: UInt64
    let seq: UInt64
    let changedAt: String
    let changedBy: String

    enum CodingKeys: String, CodingKey { case name, value, version, seq, changedAt, changedBy }

    init(_ row: FlagRow) throws {
        name = row.name
        value = try row.value.map { try PlainJSON(text: $0) }
        version = row.version
        seq = row.seq
        changedAt = TimeText.rfc3339(row.changed)
        changedBy = row.actor
    }

    /// A value that was taken away is null, not missing.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(value, forKey: .value)
        try container.encode(version, forKey: .version)
        try container.encode(seq, forKey: .seq)
        try container.encode(changedAt, forKey: .changedAt)
        try container.encode(changedBy, forKey: .changedBy)
    }
}

private struct FlagPage: Encodable {
    let items: [FlagObject]
    let next: String?
    let seq: UInt64

    enum CodingKeys: String, CodingKey { case items, next, seq }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(items, forKey: .items)
        try container.encode(next, forKey: .next)
        try container.encode(seq, forKey: .seq)
    }
}

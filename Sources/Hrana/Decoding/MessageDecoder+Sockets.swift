extension ShortName {
    fileprivate static var jwt: ShortName { ShortName("jwt") }
    fileprivate static var request: ShortName { ShortName("request") }
    fileprivate static var requestID: ShortName { ShortName("request_id") }
    fileprivate static var streamID: ShortName { ShortName("stream_id") }
    fileprivate static var cursorID: ShortName { ShortName("cursor_id") }
    fileprivate static var maxCount: ShortName { ShortName("max_count") }
}

/// The members of a request on a WebSocket, whichever of them there are.
///
/// They are read as they come, whatever the type will be: one that the type has no use for must still be what its name
/// says.
private struct SocketParts {
    var type: ShortName?
    var stream: Int32?
    var cursor: Int32?
    var sqlID: Int32?
    var sql: String?
    var statement: Statement?
    var batch: Batch?
    var count: UInt32?
}

extension HranaDecoder {
    /// A message on a WebSocket.
    package func socketMessage(_ bytes: UnsafeRawBufferPointer) throws(HranaDecodingError) -> SocketMessage {
        var decoder = MessageDecoder(bytes, self)
        let message = try decoder.socketMessage()
        try decoder.json.finish()
        return message
    }
}

extension MessageDecoder {
    mutating func socketMessage() throws(HranaDecodingError) -> SocketMessage {
        try json.enterObject()
        let start = json.offset
        var isFirst = true
        var type: ShortName?
        var token: String?
        var id: Int32?
        var request: SocketRequest?
        while let member = try json.nextMember(&isFirst) {
            if member == .type {
                type = try typeName()
            } else if member == .requestID {
                id = try int32()
            } else if member == .request {
                request = try socketRequest()
            } else if member == .jwt {
                token = try optionalText()
            } else {
                try json.skipValue()
            }
        }
        guard let type else { throw .message(.missing(.type), at: json.offset) }
        if type == ShortName("hello") { return .hello(token: token) }
        guard type == ShortName("request") else { throw .message(.unknownRequestType, at: start) }
        return .request(id: try require(id, .requestID), try require(request, .request))
    }

    private mutating func socketRequest() throws(HranaDecodingError) -> SocketRequest {
        json.skipSpace()
        let start = json.offset
        let parts = try socketParts()
        guard let type = parts.type else { throw .message(.missing(.type), at: json.offset) }
        guard let kind = Self.socketKind(type) else { throw .message(.unknownRequestType, at: start) }
        guard version >= kind.since else { throw .message(.notInThisVersion, at: start) }
        return try socketRequest(kind, parts)
    }

    private mutating func socketParts() throws(HranaDecodingError) -> SocketParts {
        try json.enterObject()
        var isFirst = true
        var parts = SocketParts()
        while let member = try json.nextMember(&isFirst) {
            if member == .type {
                parts.type = try typeName()
            } else if member == .streamID {
                parts.stream = try int32()
            } else if member == .stmt {
                parts.statement = try statement()
            } else if member == .batch {
                parts.batch = try batch()
            } else if member == .cursorID {
                parts.cursor = try int32()
            } else if member == .maxCount {
                parts.count = try fetchCount()
            } else if member == .sql {
                parts.sql = try sqlText()
            } else if member == .sqlID {
                parts.sqlID = try sqlID()
            } else {
                try json.skipValue()
            }
        }
        return parts
    }

    private static func socketKind(_ name: ShortName) -> SocketRequestKind? {
        SocketRequestKind.allCases.first { kind in
            var text = kind.rawValue
            return text.withUTF8 { ShortName(UnsafeRawPointer($0.baseAddress!), count: $0.count) } == name
        }
    }

    private func socketRequest(
        _ kind: SocketRequestKind, _ parts: SocketParts
    ) throws(HranaDecodingError) -> SocketRequest {
        switch kind {
        case .storeSQL: return .storeSQL(id: try require(parts.sqlID, .sqlID), sql: try require(parts.sql, .sql))
        case .closeSQL: return .closeSQL(id: try require(parts.sqlID, .sqlID))
        case .closeCursor: return .closeCursor(try require(parts.cursor, .cursorID))
        case .fetchCursor:
            return .fetchCursor(try require(parts.cursor, .cursorID), count: try require(parts.count, .maxCount))
        default: break
        }
        let stream = try require(parts.stream, .streamID)
        switch kind {
        case .openStream: return .openStream(stream)
        case .closeStream: return .closeStream(stream)
        case .execute: return .onStream(stream, .execute(try require(parts.statement, .stmt)))
        case .batch: return .onStream(stream, .batch(try require(parts.batch, .batch)))
        case .openCursor:
            let cursor = try require(parts.cursor, .cursorID)
            return .openCursor(cursor, stream: stream, try require(parts.batch, .batch))
        case .sequence: return .onStream(stream, .sequence(try source(parts.sql, parts.sqlID)))
        case .describe: return .onStream(stream, .describe(try source(parts.sql, parts.sqlID)))
        case .getAutocommit: return .onStream(stream, .getAutocommit)
        case .storeSQL, .closeSQL, .closeCursor, .fetchCursor: preconditionFailure("answered above")
        }
    }

    private mutating func int32() throws(HranaDecodingError) -> Int32 {
        let start = json.offset
        guard let id = Int32(exactly: try integer(orElse: .invalidID)) else { throw .message(.invalidID, at: start) }
        return id
    }

    private mutating func fetchCount() throws(HranaDecodingError) -> UInt32 {
        let start = json.offset
        guard let count = UInt32(exactly: try integer(orElse: .invalidID)) else {
            throw .message(.invalidID, at: start)
        }
        return count
    }
}

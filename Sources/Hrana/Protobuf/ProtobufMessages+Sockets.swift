extension ProtobufDecoder {
    /// A message on a WebSocket (`hrana3-protobuf`).
    package func socketMessage(_ bytes: UnsafeRawBufferPointer) throws(HranaDecodingError) -> SocketMessage {
        var messages = ProtobufMessages(bytes, limits)
        return try messages.socketMessage()
    }
}

/// The fields of a request on a WebSocket: numbers mean different things in different requests.
private struct SocketFields {
    var first: Int32 = 0
    var second: UInt32?
    var statement: Statement?
    var batch: Batch?
    var sql: String?
    var sqlID: Int32?
}

extension ProtobufMessages {
    mutating func socketMessage() throws(HranaDecodingError) -> SocketMessage {
        var message: SocketMessage?
        while let field = try reader.nextField() {
            switch field.number {
            case 1: message = .hello(token: try hello(field))
            case 2: message = try socketRequest(field)
            default: try reader.skip(field)
            }
        }
        guard let message else { throw .message(.unknownRequestType, at: reader.offset) }
        return message
    }

    private mutating func hello(_ outer: ProtobufReader.Field) throws(HranaDecodingError) -> String? {
        let end = try reader.enter(outer)
        var token: String?
        while let field = try reader.nextField() {
            if field.number == 1 { token = try reader.text(field) } else { try reader.skip(field) }
        }
        reader.leave(end)
        return token
    }

    private mutating func socketRequest(_ outer: ProtobufReader.Field) throws(HranaDecodingError) -> SocketMessage {
        let end = try reader.enter(outer)
        var id: Int32 = 0
        var request: SocketRequest?
        while let field = try reader.nextField() {
            if field.number == 1 {
                id = try int32(field, orElse: .invalidID)
            } else if let kind = SocketRequestKind(protobufField: field.number) {
                request = try socketRequest(kind, field)
            } else {
                try reader.skip(field)
            }
        }
        reader.leave(end)
        guard let request else { throw .message(.unknownRequestType, at: outer.offset) }
        return .request(id: id, request)
    }

    private mutating func socketRequest(
        _ kind: SocketRequestKind, _ outer: ProtobufReader.Field
    ) throws(HranaDecodingError) -> SocketRequest {
        let end = try reader.enter(outer)
        var fields = SocketFields()
        while let field = try reader.nextField() { try read(field, of: kind, into: &fields) }
        let request = try socketRequest(kind, fields)
        reader.leave(end)
        return request
    }

    private mutating func read(
        _ field: ProtobufReader.Field, of kind: SocketRequestKind, into fields: inout SocketFields
    ) throws(HranaDecodingError) {
        switch (kind, field.number) {
        case (_, 1): fields.first = try int32(field, orElse: .invalidID)
        case (.execute, 2): fields.statement = try statement(field)
        case (.batch, 2), (.openCursor, 3): fields.batch = try batch(field)
        case (.openCursor, 2):
            fields.second = UInt32(bitPattern: try int32(field, orElse: .invalidID))
        case (.fetchCursor, 2):
            guard let count = UInt32(exactly: try reader.unsigned(field)) else {
                throw .message(.invalidID, at: field.offset)
            }
            fields.second = count
        case (.sequence, 2), (.describe, 2), (.storeSQL, 2): fields.sql = try sqlText(field)
        case (.sequence, 3), (.describe, 3): fields.sqlID = try int32(field)
        default: try reader.skip(field)
        }
    }

    private func socketRequest(
        _ kind: SocketRequestKind, _ fields: SocketFields
    ) throws(HranaDecodingError) -> SocketRequest {
        let first = fields.first
        switch kind {
        case .openStream: return .openStream(first)
        case .closeStream: return .closeStream(first)
        case .execute: return .onStream(first, .execute(try require(fields.statement, .stmt)))
        case .batch: return .onStream(first, .batch(try require(fields.batch, .batch)))
        case .openCursor:
            let cursor = Int32(bitPattern: fields.second ?? 0)
            return .openCursor(cursor, stream: first, try require(fields.batch, .batch))
        case .closeCursor: return .closeCursor(first)
        case .fetchCursor: return .fetchCursor(first, count: fields.second ?? 0)
        case .sequence: return .onStream(first, .sequence(try source(fields.sql, fields.sqlID)))
        case .describe: return .onStream(first, .describe(try source(fields.sql, fields.sqlID)))
        case .storeSQL: return .storeSQL(id: first, sql: fields.sql ?? "")
        case .closeSQL: return .closeSQL(id: first)
        case .getAutocommit: return .onStream(first, .getAutocommit)
        }
    }
}

extension SocketRequestKind {
    /// Its number in `RequestMsg` and in `ResponseOkMsg`: in the order of the cases, from 2.
    var protobufField: UInt8 {
        switch self {
        case .openStream: 2
        case .closeStream: 3
        case .execute: 4
        case .batch: 5
        case .openCursor: 6
        case .closeCursor: 7
        case .fetchCursor: 8
        case .sequence: 9
        case .describe: 10
        case .storeSQL: 11
        case .closeSQL: 12
        case .getAutocommit: 13
        }
    }

    init?(protobufField number: UInt64) {
        guard let kind = Self.allCases.first(where: { UInt64($0.protobufField) == number }) else { return nil }
        self = kind
    }
}

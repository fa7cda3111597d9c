/// Requests on a stream: which of the fields there is says of which kind it is.
extension ProtobufMessages {
    mutating func streamRequest(_ outer: ProtobufReader.Field) throws(HranaDecodingError) -> StreamRequest {
        let end = try reader.enter(outer)
        var request: StreamRequest?
        while let field = try reader.nextField() {
            if let kind = Self.kind(field.number) {
                request = try self.request(kind, field)
            } else {
                try reader.skip(field)
            }
        }
        reader.leave(end)
        guard let request else { throw .message(.unknownRequestType, at: outer.offset) }
        return request
    }

    private static func kind(_ number: UInt64) -> StreamRequestKind? {
        StreamRequestKind.allCases.first { UInt64($0.protobufField) == number }
    }

    private mutating func request(
        _ kind: StreamRequestKind, _ field: ProtobufReader.Field
    ) throws(HranaDecodingError) -> StreamRequest {
        let end = try reader.enter(field)
        let request = try content(of: kind)
        reader.leave(end)
        return request
    }

    private mutating func content(of kind: StreamRequestKind) throws(HranaDecodingError) -> StreamRequest {
        switch kind {
        case .close:
            try skipAll()
            return .close
        case .getAutocommit:
            try skipAll()
            return .getAutocommit
        case .execute: return .execute(try wrappedStatement())
        case .batch: return .batch(try wrappedBatch())
        case .sequence: return .sequence(try source())
        case .describe: return .describe(try source())
        case .storeSQL: return try storeSQL()
        case .closeSQL: return .closeSQL(id: try sqlID())
        }
    }

    private mutating func skipAll() throws(HranaDecodingError) {
        while let field = try reader.nextField() { try reader.skip(field) }
    }

    private mutating func wrappedStatement() throws(HranaDecodingError) -> Statement {
        var statement: Statement?
        while let field = try reader.nextField() {
            if field.number == 1 { statement = try self.statement(field) } else { try reader.skip(field) }
        }
        return try require(statement, .stmt)
    }

    private mutating func wrappedBatch() throws(HranaDecodingError) -> Batch {
        var batch: Batch?
        while let field = try reader.nextField() {
            if field.number == 1 { batch = try self.batch(field) } else { try reader.skip(field) }
        }
        return try require(batch, .batch)
    }

    private mutating func source() throws(HranaDecodingError) -> SQLSource {
        var sql: String?
        var id: Int32?
        while let field = try reader.nextField() {
            switch field.number {
            case 1: sql = try sqlText(field)
            case 2: id = try int32(field)
            default: try reader.skip(field)
            }
        }
        return try source(sql, id)
    }

    private mutating func storeSQL() throws(HranaDecodingError) -> StreamRequest {
        // What has its default value may be left out.
        var id: Int32 = 0
        var sql = ""
        while let field = try reader.nextField() {
            switch field.number {
            case 1: id = try int32(field)
            case 2: sql = try sqlText(field)
            default: try reader.skip(field)
            }
        }
        return .storeSQL(id: id, sql: sql)
    }

    private mutating func sqlID() throws(HranaDecodingError) -> Int32 {
        var id: Int32 = 0
        while let field = try reader.nextField() {
            if field.number == 1 { id = try int32(field) } else { try reader.skip(field) }
        }
        return id
    }
}

extension StreamRequestKind {
    /// Its number in `StreamRequest` and in `StreamResponse`.
    var protobufField: UInt8 {
        switch self {
        case .close: 1
        case .execute: 2
        case .batch: 3
        case .sequence: 4
        case .describe: 5
        case .storeSQL: 6
        case .closeSQL: 7
        case .getAutocommit: 8
        }
    }
}

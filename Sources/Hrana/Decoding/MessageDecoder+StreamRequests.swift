/// What a request says it is.
private enum RequestType: Equatable {
    case known(StreamRequestKind)
    case unknown

    init(_ name: ShortName) {
        self =
            if name == ShortName("execute") {
                .known(.execute)
            } else if name == ShortName("close") {
                .known(.close)
            } else if name == ShortName("batch") {
                .known(.batch)
            } else if name == ShortName("sequence") {
                .known(.sequence)
            } else if name == ShortName("describe") {
                .known(.describe)
            } else if name == ShortName("store_sql") {
                .known(.storeSQL)
            } else if name == ShortName("close_sql") {
                .known(.closeSQL)
            } else if name == ShortName("get_autocommit") {
                .known(.getAutocommit)
            } else {
                .unknown
            }
    }
}

/// The members of a request that were there and mattered.
private struct RequestParts {
    var statement: Statement?
    var batch: Batch?
    var sql: String?
    var sqlID: Int32?
}

extension MessageDecoder {
    /// Reads one request. Which members matter depends on its type, which clients send first.
    ///
    /// Where it comes later, or twice, the object is gone through once to find it and then read: at most three times over
    /// the same bytes, and requests do not nest.
    mutating func streamRequest() throws(HranaDecodingError) -> StreamRequest {
        json.skipSpace()
        let (start, depth) = (json.offset, json.depth)
        var type: RequestType?
        var parts = RequestParts()
        if try readParts(of: &type, into: &parts) == false {
            json.rewind(to: start, depth: depth)
            type = try lastType()
            json.rewind(to: start, depth: depth)
            parts = RequestParts()
            try readParts(ofSettled: type, into: &parts)
        }
        guard let type else { throw .message(.missing(.type), at: json.offset) }
        guard case .known(let kind) = type else { throw .message(.unknownRequestType, at: start) }
        return try request(kind, parts, start)
    }

    /// Reads a request whose type comes first and once. False if it does not: the reader is then somewhere inside.
    private mutating func readParts(
        of type: inout RequestType?, into parts: inout RequestParts
    ) throws(HranaDecodingError) -> Bool {
        try json.enterObject()
        var isFirst = true
        while let member = try json.nextMember(&isFirst) {
            if member == .type {
                guard type == nil else { return false }
                type = RequestType(try typeName())
            } else if let type {
                try readPart(member, of: type, into: &parts)
            } else {
                return false
            }
        }
        return true
    }

    private mutating func readParts(
        ofSettled type: RequestType?, into parts: inout RequestParts
    ) throws(HranaDecodingError) {
        try json.enterObject()
        var isFirst = true
        while let member = try json.nextMember(&isFirst) {
            if let type, member != .type {
                try readPart(member, of: type, into: &parts)
            } else {
                try json.skipValue()
            }
        }
    }

    /// The type that counts in the object at `offset`, if it has one.
    private mutating func lastType() throws(HranaDecodingError) -> RequestType? {
        try json.enterObject()
        var isFirst = true
        var type: RequestType?
        while let member = try json.nextMember(&isFirst) {
            if member == .type { type = RequestType(try typeName()) } else { try json.skipValue() }
        }
        return type
    }

    private mutating func readPart(
        _ member: ShortName, of type: RequestType, into parts: inout RequestParts
    ) throws(HranaDecodingError) {
        switch type {
        case .known(.execute) where member == .stmt: parts.statement = try statement()
        case .known(.batch) where member == .batch: parts.batch = try batch()
        case .known(.sequence) where member == .sql, .known(.describe) where member == .sql,
            .known(.storeSQL) where member == .sql:
            parts.sql = try sqlText()
        case .known(.sequence) where member == .sqlID, .known(.describe) where member == .sqlID,
            .known(.storeSQL) where member == .sqlID, .known(.closeSQL) where member == .sqlID:
            parts.sqlID = try sqlID()
        default: try json.skipValue()
        }
    }

    private func request(
        _ kind: StreamRequestKind, _ parts: RequestParts, _ start: Int
    ) throws(HranaDecodingError) -> StreamRequest {
        switch kind {
        case .execute: return .execute(try require(parts.statement, .stmt))
        case .batch: return .batch(try require(parts.batch, .batch))
        case .sequence: return .sequence(try source(parts.sql, parts.sqlID))
        case .describe: return .describe(try source(parts.sql, parts.sqlID))
        case .storeSQL: return .storeSQL(id: try require(parts.sqlID, .sqlID), sql: try require(parts.sql, .sql))
        case .closeSQL: return .closeSQL(id: try require(parts.sqlID, .sqlID))
        case .getAutocommit:
            guard version >= .three else { throw .message(.notInThisVersion, at: start) }
            return .getAutocommit
        case .close: return .close
        }
    }
}

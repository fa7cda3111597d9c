extension MessageDecoder {
    mutating func query() throws(HranaDecodingError) -> QueryRequest {
        try json.enterObject()
        var isFirst = true
        var single = QueryStatement()
        var statements: [Statement]?
        var isAtomic: Bool?
        while true {
            let start = json.offset
            guard let member = try json.nextMember(&isFirst) else { break }
            if try single.take(member, from: &self) { continue }
            if member == ShortName("statements") {
                statements = try queryStatements()
            } else if member == ShortName("atomic") {
                isAtomic = try json.null() ? nil : try json.boolean()
            } else {
                throw .message(.unknownMember, at: start)
            }
        }
        switch (single.sql, statements) {
        case (_?, nil) where isAtomic == nil: return QueryRequest([try single.statement(self)], isSingle: true)
        case (nil, let statements?) where !single.hasArguments:
            return QueryRequest(statements, isAtomic: isAtomic ?? true)
        default: throw .message(.querySource, at: json.offset)
        }
    }

    private mutating func queryStatements() throws(HranaDecodingError) -> [Statement] {
        try json.enterArray()
        var isFirst = true
        var statements: [Statement] = []
        while try json.nextElement(&isFirst) {
            guard statements.count < limits.steps else { throw .limit(.steps, at: json.offset) }
            statements.append(try queryStatement())
        }
        return statements
    }

    private mutating func queryStatement() throws(HranaDecodingError) -> Statement {
        try json.enterObject()
        var isFirst = true
        var parts = QueryStatement()
        while true {
            let start = json.offset
            guard let member = try json.nextMember(&isFirst) else { break }
            guard try parts.take(member, from: &self) else { throw .message(.unknownMember, at: start) }
        }
        return try parts.statement(self)
    }

    // MARK: Arguments

    fileprivate mutating func plainArguments() throws(HranaDecodingError) -> [Value] {
        try json.enterArray()
        var isFirst = true
        var values: [Value] = []
        while try json.nextElement(&isFirst) {
            guard values.count < limits.arguments else { throw .limit(.arguments, at: json.offset) }
            values.append(try plainValue())
        }
        return values
    }

    fileprivate mutating func plainNamedArguments() throws(HranaDecodingError) -> [NamedArgument] {
        try json.enterObject()
        var isFirst = true
        var arguments: [NamedArgument] = []
        while let name = try nextName(&isFirst) {
            guard arguments.count < limits.arguments else { throw .limit(.arguments, at: json.offset) }
            arguments.append(NamedArgument(name: name, value: try plainValue()))
        }
        return arguments
    }

    /// As `JSONReader.nextMember`, for names of any length.
    private mutating func nextName(_ isFirst: inout Bool) throws(HranaDecodingError) -> String? {
        guard try json.nextElement(&isFirst, closing: UInt8(ascii: "}")) else { return nil }
        let name = try text()
        json.skipSpace()
        guard json.peek() == UInt8(ascii: ":") else { throw json.unexpected() }
        json.advance()
        json.skipSpace()
        return name
    }

    private mutating func plainValue() throws(HranaDecodingError) -> Value {
        let start = json.offset
        switch json.peek() {
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "n"):
            try json.literal("null")
            return .null
        case UInt8(ascii: "t"), UInt8(ascii: "f"): return .integer(try json.boolean() ? 1 : 0)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try plainNumber()
        case UInt8(ascii: "{"): return try plainBlob()
        case UInt8(ascii: "["): throw .message(.invalidArgument, at: start)
        default: throw json.unexpected()
        }
    }

    private mutating func plainNumber() throws(HranaDecodingError) -> Value {
        let token = try json.number()
        if token.isInteger {
            guard let value = json.integer(token) else { throw .message(.integerOutOfRange, at: token.start) }
            return .integer(value)
        }
        guard let value = json.double(token) else { throw .message(.floatOutOfRange, at: token.start) }
        return .float(value)
    }

    private mutating func plainBlob() throws(HranaDecodingError) -> Value {
        let start = json.offset
        try json.enterObject()
        var isFirst = true
        guard let member = try json.nextMember(&isFirst), member == .base64, json.peek() == UInt8(ascii: "\"") else {
            throw .message(.invalidArgument, at: start)
        }
        let token = try json.string()
        guard let bytes = json.withBytes(token, Base64Decoder.decode) else {
            throw .message(.invalidBase64, at: token.start)
        }
        guard try json.nextMember(&isFirst) == nil else { throw .message(.invalidArgument, at: start) }
        return .blob(bytes)
    }
}

/// The members `sql` and `args`, as far as they have come.
private struct QueryStatement {
    private(set) var sql: String?
    private var positional: [Value] = []
    private var named: [NamedArgument] = []
    private(set) var hasArguments = false

    /// - Returns: false for another member, which is not read then.
    mutating func take(_ member: ShortName, from decoder: inout MessageDecoder) throws(HranaDecodingError) -> Bool {
        if member == .sql {
            sql = try decoder.sqlText()
            return true
        }
        guard member == .args else { return false }
        positional = []
        named = []
        hasArguments = false
        if try decoder.json.null() { return true }
        hasArguments = true
        if decoder.json.peek() == UInt8(ascii: "{") {
            named = try decoder.plainNamedArguments()
        } else {
            positional = try decoder.plainArguments()
        }
        return true
    }

    func statement(_ decoder: MessageDecoder) throws(HranaDecodingError) -> Statement {
        Statement(.text(try decoder.require(sql, .sql)), arguments: positional, namedArguments: named)
    }
}

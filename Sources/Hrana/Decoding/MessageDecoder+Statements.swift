extension MessageDecoder {
    mutating func statement() throws(HranaDecodingError) -> Statement {
        try json.enterObject()
        var isFirst = true
        var sql: String?
        var id: Int32?
        var statement = Statement(.stored(0))
        while let member = try json.nextMember(&isFirst) {
            if member == .sql {
                sql = try sqlText()
            } else if member == .args {
                statement.arguments = try arguments()
            } else if member == .wantRows {
                statement.wantsRows = try json.null() ? true : try json.boolean()
            } else if member == .namedArgs {
                statement.namedArguments = try namedArguments()
            } else if member == .sqlID {
                id = try sqlID()
            } else {
                try json.skipValue()
            }
        }
        statement.source = try source(sql, id)
        return statement
    }

    private mutating func arguments() throws(HranaDecodingError) -> [Value] {
        if try json.null() { return [] }
        try json.enterArray()
        var isFirst = true
        var values: [Value] = []
        while try json.nextElement(&isFirst) {
            guard values.count < limits.arguments else { throw .limit(.arguments, at: json.offset) }
            values.append(try value())
        }
        return values
    }

    private mutating func namedArguments() throws(HranaDecodingError) -> [NamedArgument] {
        if try json.null() { return [] }
        try json.enterArray()
        var isFirst = true
        var arguments: [NamedArgument] = []
        while try json.nextElement(&isFirst) {
            guard arguments.count < limits.arguments else { throw .limit(.arguments, at: json.offset) }
            arguments.append(try namedArgument())
        }
        return arguments
    }

    private mutating func namedArgument() throws(HranaDecodingError) -> NamedArgument {
        try json.enterObject()
        var isFirst = true
        var name: String?
        var value: Value?
        while let member = try json.nextMember(&isFirst) {
            if member == .name {
                name = try text()
            } else if member == .value {
                value = try self.value()
            } else {
                try json.skipValue()
            }
        }
        return NamedArgument(name: try require(name, .name), value: try require(value, .value))
    }
}

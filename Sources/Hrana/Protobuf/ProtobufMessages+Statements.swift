extension ProtobufMessages {
    mutating func statement(_ outer: ProtobufReader.Field) throws(HranaDecodingError) -> Statement {
        let end = try reader.enter(outer)
        var sql: String?
        var id: Int32?
        var statement = Statement(.stored(0))
        while let field = try reader.nextField() {
            switch field.number {
            case 1: sql = try sqlText(field)
            case 2: id = try int32(field)
            case 3:
                guard statement.arguments.count < limits.arguments else { throw .limit(.arguments, at: field.offset) }
                statement.arguments.append(try value(field))
            case 4:
                guard statement.namedArguments.count < limits.arguments else {
                    throw .limit(.arguments, at: field.offset)
                }
                statement.namedArguments.append(try namedArgument(field))
            case 5: statement.wantsRows = try reader.boolean(field)
            default: try reader.skip(field)
            }
        }
        statement.source = try source(sql, id)
        reader.leave(end)
        return statement
    }

    private mutating func namedArgument(_ outer: ProtobufReader.Field) throws(HranaDecodingError) -> NamedArgument {
        let end = try reader.enter(outer)
        var name = ""
        var value: Value?
        while let field = try reader.nextField() {
            switch field.number {
            case 1: name = try reader.text(field)
            case 2: value = try self.value(field)
            default: try reader.skip(field)
            }
        }
        let argument = NamedArgument(name: name, value: try require(value, .value))
        reader.leave(end)
        return argument
    }

    mutating func value(_ outer: ProtobufReader.Field) throws(HranaDecodingError) -> Value {
        let end = try reader.enter(outer)
        var value: Value?
        while let field = try reader.nextField() {
            switch field.number {
            case 1:
                try reader.skip(field)
                value = .null
            case 2: value = .integer(try reader.zigzag(field))
            case 3: value = .float(try reader.double(field))
            case 4: value = .text(try reader.text(field))
            case 5: value = .blob(Array(try reader.bytes(field)))
            default: try reader.skip(field)
            }
        }
        reader.leave(end)
        guard let value else { throw .message(.unknownValueType, at: outer.offset) }
        return value
    }
}

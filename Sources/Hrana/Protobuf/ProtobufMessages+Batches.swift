extension ProtobufMessages {
    mutating func batch(_ outer: ProtobufReader.Field) throws(HranaDecodingError) -> Batch {
        let end = try reader.enter(outer)
        var steps: [BatchStep] = []
        while let field = try reader.nextField() {
            guard field.number == 1 else {
                try reader.skip(field)
                continue
            }
            guard steps.count < limits.steps else { throw .limit(.steps, at: field.offset) }
            steps.append(try step(field, at: steps.count))
        }
        reader.leave(end)
        return Batch(steps: steps)
    }

    private mutating func step(
        _ outer: ProtobufReader.Field, at index: Int
    ) throws(HranaDecodingError) -> BatchStep {
        let end = try reader.enter(outer)
        var condition: Condition?
        var statement: Statement?
        while let field = try reader.nextField() {
            switch field.number {
            case 1: condition = try self.condition(field, forStep: index)
            case 2: statement = try self.statement(field)
            default: try reader.skip(field)
            }
        }
        let step = BatchStep(try require(statement, .stmt), condition: condition)
        reader.leave(end)
        return step
    }

    /// Nests as deep as the reader lets it.
    private mutating func condition(
        _ outer: ProtobufReader.Field, forStep index: Int
    ) throws(HranaDecodingError) -> Condition {
        let end = try reader.enter(outer)
        var condition: Condition?
        while let field = try reader.nextField() {
            switch field.number {
            case 1: condition = .ok(try earlier(field, than: index))
            case 2: condition = .error(try earlier(field, than: index))
            case 3: condition = .not(try self.condition(field, forStep: index))
            case 4: condition = .and(try conditions(field, forStep: index))
            case 5: condition = .or(try conditions(field, forStep: index))
            case 6:
                try reader.skip(field)
                condition = .isAutocommit
            default: try reader.skip(field)
            }
        }
        reader.leave(end)
        guard let condition else { throw .message(.unknownConditionType, at: outer.offset) }
        return condition
    }

    private mutating func conditions(
        _ outer: ProtobufReader.Field, forStep index: Int
    ) throws(HranaDecodingError) -> [Condition] {
        let end = try reader.enter(outer)
        var conditions: [Condition] = []
        while let field = try reader.nextField() {
            if field.number == 1 {
                conditions.append(try condition(field, forStep: index))
            } else {
                try reader.skip(field)
            }
        }
        reader.leave(end)
        return conditions
    }

    private mutating func earlier(
        _ field: ProtobufReader.Field, than index: Int
    ) throws(HranaDecodingError) -> Int {
        let step = try reader.unsigned(field)
        guard step < UInt64(index) else { throw .message(.invalidStep, at: field.offset) }
        return Int(step)
    }
}

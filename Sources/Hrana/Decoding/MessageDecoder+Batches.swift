extension MessageDecoder {
    mutating func batch() throws(HranaDecodingError) -> Batch {
        try json.enterObject()
        var isFirst = true
        var steps: [BatchStep]?
        while let member = try json.nextMember(&isFirst) {
            if member == .steps { steps = try self.steps() } else { try json.skipValue() }
        }
        return Batch(steps: try require(steps, .steps))
    }

    private mutating func steps() throws(HranaDecodingError) -> [BatchStep] {
        try json.enterArray()
        var isFirst = true
        var steps: [BatchStep] = []
        while try json.nextElement(&isFirst) {
            guard steps.count < limits.steps else { throw .limit(.steps, at: json.offset) }
            steps.append(try step(at: steps.count))
        }
        return steps
    }

    private mutating func step(at index: Int) throws(HranaDecodingError) -> BatchStep {
        try json.enterObject()
        var isFirst = true
        var statement: Statement?
        var condition: Condition?
        while let member = try json.nextMember(&isFirst) {
            if member == .stmt {
                statement = try self.statement()
            } else if member == .condition {
                condition = try json.null() ? nil : try self.condition(forStep: index)
            } else {
                try json.skipValue()
            }
        }
        return BatchStep(try require(statement, .stmt), condition: condition)
    }

    // MARK: Conditions

    /// Reads one condition. Conditions nest, so members are decoded as they come rather than found again once the type is
    /// known, which would cost a pass for each level: a `cond` must be a condition even where the type has no use for it.
    private mutating func condition(forStep index: Int) throws(HranaDecodingError) -> Condition {
        try json.enterObject()
        let start = json.offset
        var isFirst = true
        var type: ShortName?
        var step: (index: Int64, at: Int)?
        var inner: Condition?
        var list: [Condition]?
        while let member = try json.nextMember(&isFirst) {
            if member == .type {
                type = try typeName()
            } else if member == .step {
                let at = json.offset
                step = try json.null() ? nil : (try integer(orElse: .invalidStep), at)
            } else if member == .cond {
                inner = try json.null() ? nil : try condition(forStep: index)
            } else if member == .conds {
                list = try json.null() ? nil : try conditions(forStep: index)
            } else {
                try json.skipValue()
            }
        }
        guard let type else { throw .message(.missing(.type), at: json.offset) }
        if type == ShortName("ok") { return .ok(try earlier(step, than: index)) }
        if type == ShortName("not") { return .not(try require(inner, .cond)) }
        if type == ShortName("error") { return .error(try earlier(step, than: index)) }
        if type == ShortName("and") { return .and(try require(list, .conds)) }
        if type == ShortName("or") { return .or(try require(list, .conds)) }
        guard type == ShortName("is_autocommit") else { throw .message(.unknownConditionType, at: start) }
        guard version >= .three else { throw .message(.notInThisVersion, at: start) }
        return .isAutocommit
    }

    private mutating func conditions(forStep index: Int) throws(HranaDecodingError) -> [Condition] {
        try json.enterArray()
        var isFirst = true
        var conditions: [Condition] = []
        while try json.nextElement(&isFirst) { conditions.append(try condition(forStep: index)) }
        return conditions
    }

    private func earlier(
        _ step: (index: Int64, at: Int)?, than index: Int
    ) throws(HranaDecodingError) -> Int {
        let step = try require(step, .step)
        guard step.index >= 0, step.index < Int64(index) else { throw .message(.invalidStep, at: step.at) }
        return Int(step.index)
    }
}

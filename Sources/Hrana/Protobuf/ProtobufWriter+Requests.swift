/// Requests, for our own clients: nodes that relay what came on a WebSocket, and tests.
extension ProtobufWriter {
    package mutating func pipelineRequest(_ request: PipelineRequest) {
        if let baton = request.baton { bytes.text(1, baton) }
        for request in request.requests { streamRequest(2, request) }
    }

    package mutating func cursorRequest(_ request: CursorRequest) {
        if let baton = request.baton { bytes.text(1, baton) }
        batch(2, request.batch)
    }

    private mutating func streamRequest(_ field: UInt8, _ request: StreamRequest) {
        start(field)
        start(request.kind.protobufField)
        switch request {
        case .execute(let statement): self.statement(1, statement)
        case .batch(let batch): self.batch(1, batch)
        case .sequence(let source), .describe(let source): self.source(source)
        case .storeSQL(let id, let sql):
            bytes.signed(1, Int64(id))
            bytes.text(2, sql)
        case .closeSQL(let id): bytes.signed(1, Int64(id))
        case .getAutocommit, .close: break
        }
        end()
        end()
    }

    private mutating func source(_ source: SQLSource) {
        switch source {
        case .text(let sql): bytes.text(1, sql)
        case .stored(let id): bytes.signed(2, Int64(id))
        }
    }

    private mutating func statement(_ field: UInt8, _ statement: Statement) {
        start(field)
        source(statement.source)
        for argument in statement.arguments { value(3, argument) }
        for argument in statement.namedArguments {
            start(4)
            bytes.text(1, argument.name)
            value(2, argument.value)
            end()
        }
        bytes.boolean(5, statement.wantsRows)
        end()
    }

    private mutating func value(_ field: UInt8, _ value: Value) {
        start(field)
        switch value {
        case .null: bytes.bytes(1, UnsafeRawBufferPointer(start: nil, count: 0))
        case .integer(let number): bytes.zigzag(2, number)
        case .float(let number): bytes.double(3, number)
        case .text(let text): bytes.text(4, text)
        case .blob(let blob): blob.withUnsafeBytes { bytes.bytes(5, $0) }
        }
        end()
    }

    private mutating func batch(_ field: UInt8, _ batch: Batch) {
        start(field)
        for step in batch.steps {
            start(1)
            if let condition = step.condition { self.condition(1, condition) }
            statement(2, step.statement)
            end()
        }
        end()
    }

    private mutating func condition(_ field: UInt8, _ condition: Condition) {
        start(field)
        switch condition {
        case .ok(let step): bytes.unsigned(1, UInt64(step))
        case .error(let step): bytes.unsigned(2, UInt64(step))
        case .not(let inner): self.condition(3, inner)
        case .and(let all): conditions(4, all)
        case .or(let any): conditions(5, any)
        case .isAutocommit: bytes.bytes(6, UnsafeRawBufferPointer(start: nil, count: 0))
        }
        end()
    }

    private mutating func conditions(_ field: UInt8, _ conditions: [Condition]) {
        start(field)
        for condition in conditions { self.condition(1, condition) }
        end()
    }
}

/// Requests, for our own clients: the command line, the benchmark, tests.
extension JSONWriter {
    package mutating func pipelineRequest(_ request: PipelineRequest) {
        bytes.append(#"{"baton":"#)
        stringOrNull(request.baton)
        bytes.append(#","requests":["#)
        for request in request.requests { streamRequest(request) }
        bytes.append("]}")
    }

    package mutating func cursorRequest(_ request: CursorRequest) {
        bytes.append(#"{"baton":"#)
        stringOrNull(request.baton)
        bytes.append(#","batch":"#)
        batch(request.batch)
        bytes.append(UInt8(ascii: "}"))
    }

    package mutating func streamRequest(_ request: StreamRequest) {
        separate()
        bytes.append(#"{"type":""#)
        bytes.append(request.kind.rawValue)
        bytes.append(UInt8(ascii: "\""))
        switch request {
        case .execute(let statement):
            bytes.append(#","stmt":"#)
            self.statement(statement)
        case .batch(let batch):
            bytes.append(#","batch":"#)
            self.batch(batch)
        case .sequence(let source), .describe(let source):
            bytes.append(UInt8(ascii: ","))
            self.source(source)
        case .storeSQL(let id, let sql):
            bytes.append(#","sql_id":"#)
            integer(Int64(id))
            bytes.append(UInt8(ascii: ","))
            source(.text(sql))
        case .closeSQL(let id):
            bytes.append(UInt8(ascii: ","))
            source(.stored(id))
        case .getAutocommit, .close: break
        }
        bytes.append(UInt8(ascii: "}"))
    }

    package mutating func statement(_ statement: Statement) {
        bytes.append(UInt8(ascii: "{"))
        source(statement.source)
        bytes.append(#","args":["#)
        for argument in statement.arguments { value(argument) }
        bytes.append(#"],"named_args":["#)
        for argument in statement.namedArguments {
            separate()
            bytes.append(#"{"name":"#)
            string(argument.name)
            bytes.append(#","value":"#)
            value(argument.value)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(#"],"want_rows":"#)
        boolean(statement.wantsRows)
        bytes.append(UInt8(ascii: "}"))
    }

    package mutating func batch(_ batch: Batch) {
        bytes.append(#"{"steps":["#)
        for step in batch.steps {
            separate()
            bytes.append(#"{"stmt":"#)
            statement(step.statement)
            if let condition = step.condition {
                bytes.append(#","condition":"#)
                self.condition(condition)
            }
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append("]}")
    }

    private mutating func source(_ source: SQLSource) {
        switch source {
        case .text(let sql):
            bytes.append(#""sql":"#)
            string(sql)
        case .stored(let id):
            bytes.append(#""sql_id":"#)
            integer(Int64(id))
        }
    }

    private mutating func condition(_ condition: Condition) {
        separate()
        switch condition {
        case .ok(let step): stepCondition(#"{"type":"ok","step":"#, step)
        case .error(let step): stepCondition(#"{"type":"error","step":"#, step)
        case .not(let inner):
            bytes.append(#"{"type":"not","cond":"#)
            self.condition(inner)
        case .and(let all): listCondition(#"{"type":"and","conds":["#, all)
        case .or(let any): listCondition(#"{"type":"or","conds":["#, any)
        case .isAutocommit: bytes.append(#"{"type":"is_autocommit""#)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func stepCondition(_ head: StaticString, _ step: Int) {
        bytes.append(head)
        integer(step)
    }

    private mutating func listCondition(_ head: StaticString, _ conditions: [Condition]) {
        bytes.append(head)
        for condition in conditions { self.condition(condition) }
        bytes.append(UInt8(ascii: "]"))
    }
}

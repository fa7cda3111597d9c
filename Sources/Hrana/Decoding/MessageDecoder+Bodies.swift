extension MessageDecoder {
    mutating func pipeline() throws(HranaDecodingError) -> PipelineRequest {
        try json.enterObject()
        var isFirst = true
        var baton: String?
        var requests: [StreamRequest]?
        while let member = try json.nextMember(&isFirst) {
            if member == .requests {
                requests = try self.requests()
            } else if member == .baton {
                baton = try self.baton()
            } else {
                try json.skipValue()
            }
        }
        return PipelineRequest(baton: baton, requests: try require(requests, .requests))
    }

    private mutating func requests() throws(HranaDecodingError) -> [StreamRequest] {
        try json.enterArray()
        var isFirst = true
        var requests: [StreamRequest] = []
        while try json.nextElement(&isFirst) {
            guard requests.count < limits.requests else { throw .limit(.requests, at: json.offset) }
            requests.append(try streamRequest())
        }
        return requests
    }

    mutating func cursor() throws(HranaDecodingError) -> CursorRequest {
        try json.enterObject()
        var isFirst = true
        var baton: String?
        var batch: Batch?
        while let member = try json.nextMember(&isFirst) {
            if member == .batch {
                batch = try self.batch()
            } else if member == .baton {
                baton = try self.baton()
            } else {
                try json.skipValue()
            }
        }
        return CursorRequest(baton: baton, batch: try require(batch, .batch))
    }

    mutating func executeBody() throws(HranaDecodingError) -> Statement {
        try json.enterObject()
        var isFirst = true
        var statement: Statement?
        while let member = try json.nextMember(&isFirst) {
            if member == .stmt { statement = try self.statement() } else { try json.skipValue() }
        }
        return try require(statement, .stmt)
    }

    mutating func batchBody() throws(HranaDecodingError) -> Batch {
        try json.enterObject()
        var isFirst = true
        var batch: Batch?
        while let member = try json.nextMember(&isFirst) {
            if member == .batch { batch = try self.batch() } else { try json.skipValue() }
        }
        return try require(batch, .batch)
    }
}

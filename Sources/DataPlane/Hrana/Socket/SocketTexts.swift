import Hrana

/// The SQL texts that a client has stored on its WebSocket. They are put into requests as these come in, so streams know
/// nothing of them and keep no state for them.
struct SocketTexts {
    enum Outcome: Equatable {
        case stored
        case refused(HranaError)
        /// A violation of the protocol.
        case repeated
    }

    enum Fault: Error, Equatable {
        case unknown
        /// It was not stored, and the client knows by now or will.
        case refused
        /// The texts of one request are more than it may have.
        case tooLarge
    }

    /// Of all texts.
    private(set) var bytes = 0
    private var texts: [Int32: String] = [:]
    private var refused: Set<Int32> = []

    mutating func store(_ sql: String, as id: Int32, _ limits: SocketLimits) -> Outcome {
        guard texts[id] == nil else { return .repeated }
        if let error = refusal(of: sql, limits) {
            if refused.count < limits.refused { refused.insert(id) }
            return .refused(error)
        }
        refused.remove(id)
        texts[id] = sql
        bytes += sql.utf8.count
        return .stored
    }

    private func refusal(of sql: String, _ limits: SocketLimits) -> HranaError? {
        if texts.count >= limits.texts {
            return HranaError(
                "A connection stores at most \(limits.texts) SQL texts; close some", code: HranaErrorCode.storeTooMany)
        }
        if sql.utf8.count > limits.textBytes {
            return HranaError(
                "A stored SQL text has at most \(limits.textBytes) bytes", code: HranaErrorCode.storeTooLarge)
        }
        return nil
    }

    mutating func remove(_ id: Int32) {
        bytes -= texts.removeValue(forKey: id)?.utf8.count ?? 0
        refused.remove(id)
    }

    /// - Parameter left: bytes that the texts in it may have; less what they have.
    func resolve(_ request: StreamRequest, _ left: inout Int) throws(Fault) -> StreamRequest {
        switch request {
        case .execute(var statement):
            statement.source = try resolve(statement.source, &left)
            return .execute(statement)
        case .batch(let batch): return .batch(try resolve(batch, &left))
        case .sequence(let source): return .sequence(try resolve(source, &left))
        case .describe(let source): return .describe(try resolve(source, &left))
        case .storeSQL, .closeSQL, .getAutocommit, .close: return request
        }
    }

    func resolve(_ batch: Batch, _ left: inout Int) throws(Fault) -> Batch {
        var batch = batch
        for index in batch.steps.indices {
            batch.steps[index].statement.source = try resolve(batch.steps[index].statement.source, &left)
        }
        return batch
    }

    /// Here a text costs nothing each time it is named; on the way to another node it is written out each time.
    private func resolve(_ source: SQLSource, _ left: inout Int) throws(Fault) -> SQLSource {
        guard case .stored(let id) = source else { return source }
        guard let text = texts[id] else { throw refused.contains(id) ? .refused : .unknown }
        left -= text.utf8.count
        guard left >= 0 else { throw .tooLarge }
        return .text(text)
    }
}

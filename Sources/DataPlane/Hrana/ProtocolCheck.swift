import Hrana

/// A violation of the protocol that can only be seen with the stream at hand. The whole request fails and the stream ends.
enum ProtocolFault: Error, Equatable, CustomStringConvertible {
    case requestAfterClose
    case unknownStoredText(Int32)
    case repeatedStoredText(Int32)

    var description: String {
        switch self {
        case .requestAfterClose: "The stream is closed: nothing may follow a close request"
        case .unknownStoredText(let id): "There is no SQL text with sql_id \(id) on this stream"
        case .repeatedStoredText(let id): "There is already an SQL text with sql_id \(id) on this stream"
        }
    }
}

/// Looks for violations before anything runs, so that a request with one changes nothing. Pure.
struct ProtocolCheck {
    private var stored: Set<Int32>
    private var isClosed = false
    private let limits: ExecutionLimits

    /// - Returns: nil if the requests may run.
    static func fault(
        in requests: [StreamRequest], stored: [Int32: String], _ limits: ExecutionLimits
    ) -> ProtocolFault? {
        var check = ProtocolCheck(stored: stored, limits)
        do throws(ProtocolFault) {
            for request in requests { try check.pass(request) }
            return nil
        } catch {
            return error
        }
    }

    static func fault(in batch: Batch, stored: [Int32: String], _ limits: ExecutionLimits) -> ProtocolFault? {
        let check = ProtocolCheck(stored: stored, limits)
        do throws(ProtocolFault) {
            try check.pass(batch)
            return nil
        } catch {
            return error
        }
    }

    private init(stored: [Int32: String], _ limits: ExecutionLimits) {
        self.stored = stored.isEmpty ? [] : Set(stored.keys)
        self.limits = limits
    }

    private mutating func pass(_ request: StreamRequest) throws(ProtocolFault) {
        guard !isClosed else { throw .requestAfterClose }
        switch request {
        case .execute(let statement): try pass(statement.source)
        case .batch(let batch): try pass(batch)
        case .sequence(let source), .describe(let source): try pass(source)
        case .storeSQL(let id, let sql):
            guard !stored.contains(id) else { throw .repeatedStoredText(id) }
            if StoredTexts.refusal(of: sql, beside: stored.count, limits) == nil { stored.insert(id) }
        case .closeSQL(let id): stored.remove(id)
        case .getAutocommit: break
        case .close: isClosed = true
        }
    }

    private func pass(_ batch: Batch) throws(ProtocolFault) {
        for step in batch.steps { try pass(step.statement.source) }
    }

    private func pass(_ source: SQLSource) throws(ProtocolFault) {
        if case .stored(let id) = source, !stored.contains(id) { throw .unknownStoredText(id) }
    }
}

/// The bounds on what a stream may store.
enum StoredTexts {
    static func refusal(of text: String, beside count: Int, _ limits: ExecutionLimits) -> HranaError? {
        if count >= limits.storedTexts {
            return HranaError(
                "A stream stores at most \(limits.storedTexts) SQL texts; close some", code: HranaErrorCode.storeTooMany
            )
        }
        if text.utf8.count > limits.storedTextBytes {
            return HranaError(
                "A stored SQL text has at most \(limits.storedTextBytes) bytes", code: HranaErrorCode.storeTooLarge)
        }
        return nil
    }
}

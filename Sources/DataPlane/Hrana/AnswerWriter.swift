package import Hrana

/// How a caller's messages are written, its own and those that it gets.
package enum AnswerEncoding: Hashable, Sendable {
    case json
    /// Protocol Buffers, with version 3 only.
    case protobuf
}

/// Writes answers in either encoding: the same calls in the same order, so that a program need not know which it is.
///
/// A branch and not a protocol: it is taken for every value of every row, always the same way.
package struct AnswerWriter: ~Copyable, Sendable {
    package private(set) var encoding: AnswerEncoding
    var json: JSONWriter
    var protobuf: ProtobufWriter
    /// Where a statement's result stands in the message of Protocol Buffers that it is a part of.
    private var resultField: UInt8 = 1

    package init(_ encoding: AnswerEncoding = .json, capacity: Int = 1024) {
        self.encoding = encoding
        json = JSONWriter(ByteWriter(capacity: encoding == .json ? capacity : 0))
        protobuf = ProtobufWriter(ByteWriter(capacity: encoding == .protobuf ? capacity : 0))
    }

    package var bytes: ByteWriter {
        _read { if encoding == .json { yield json.bytes } else { yield protobuf.bytes } }
        _modify { if encoding == .json { yield &json.bytes } else { yield &protobuf.bytes } }
    }

    /// Forgets everything, for an answer that may be written differently.
    package mutating func restart(_ encoding: AnswerEncoding) {
        if encoding != self.encoding { bytes.removeAll(keepingCapacity: false) }
        self.encoding = encoding
        bytes.removeAll(keepingCapacity: true)
        resultField = 1
    }

    // MARK: Pipelines

    mutating func startPipeline() { if encoding == .json { json.startPipeline() } else { protobuf.startPipeline() } }

    mutating func finishPipeline(baton: String?) {
        if encoding == .json {
            json.finishPipeline(baton: baton, baseURL: nil)
        } else {
            protobuf.finishPipeline(baton: baton, baseURL: nil)
        }
    }

    mutating func startResult(of kind: StreamRequestKind) {
        if encoding == .json { json.startResult(of: kind) } else { protobuf.startResult(of: kind) }
    }

    mutating func finishResult() { if encoding == .json { json.finishResult() } else { protobuf.finishResult() } }

    mutating func emptyResult(of kind: StreamRequestKind) {
        if encoding == .json { json.emptyResult(of: kind) } else { protobuf.emptyResult(of: kind) }
    }

    mutating func autocommitResult(_ isAutocommit: Bool) {
        if encoding == .json { json.autocommitResult(isAutocommit) } else { protobuf.autocommitResult(isAutocommit) }
    }

    mutating func errorResult(_ error: HranaError) {
        resultField = 1
        if encoding == .json { json.errorResult(error) } else { protobuf.errorResult(error) }
    }

    // MARK: Batches

    mutating func startBatchResult() {
        if encoding == .json { json.startBatchResult() } else { protobuf.startBatchResult() }
    }

    /// A step's result is to follow, then `finishStepResult`; or it is truncated, and `noStepResult` follows.
    mutating func startStepResult() {
        resultField = 2
        if encoding == .protobuf { protobuf.startStepResult() }
    }

    mutating func finishStepResult() {
        resultField = 1
        if encoding == .protobuf { protobuf.finishStepResult() }
    }

    /// For a step that was skipped or failed.
    mutating func noStepResult() {
        resultField = 1
        if encoding == .json { json.noStepResult() } else { protobuf.noStepResult() }
    }

    mutating func finishBatchResult(errors: [HranaError?]) {
        if encoding == .json {
            json.finishBatchResult(errors: errors)
        } else {
            protobuf.finishBatchResult(errors: errors)
        }
    }

    // MARK: Version 1, in JSON only

    mutating func startVersion1() { json.startVersion1() }
    mutating func finishVersion1() { json.finishVersion1() }
    mutating func error(_ error: HranaError) { json.error(error) }

    // MARK: Failures

    /// The body of a request that failed as a whole, the same in both encodings. It must be the first that is written.
    mutating func transportError(_ error: TransportError) {
        var text = JSONWriter()
        text.transportError(error)
        bytes.append(text.bytes.bytes)
    }
}

// MARK: results of statements

extension AnswerWriter {
    mutating func startStatementResult() {
        if encoding == .json { json.startStatementResult() } else { protobuf.startStatementResult(resultField) }
    }

    mutating func column(name: UnsafeRawBufferPointer?, declaredType: UnsafeRawBufferPointer?) {
        if encoding == .json {
            json.column(name: name, declaredType: declaredType)
        } else {
            protobuf.column(name: name, declaredType: declaredType)
        }
    }

    mutating func startRows() { if encoding == .json { json.startRows() } }
    mutating func startRow() { if encoding == .json { json.startRow() } else { protobuf.startRow() } }
    mutating func endRow() { if encoding == .json { json.endRow() } else { protobuf.endRow() } }

    mutating func finishStatementResult(_ summary: StatementSummary) {
        if encoding == .json { json.finishStatementResult(summary) } else { protobuf.finishStatementResult(summary) }
    }

    mutating func nullValue() { if encoding == .json { json.nullValue() } else { protobuf.nullValue() } }

    mutating func integerValue(_ value: Int64) {
        if encoding == .json { json.integerValue(value) } else { protobuf.integerValue(value) }
    }

    mutating func floatValue(_ value: Double) {
        if encoding == .json { json.floatValue(value) } else { protobuf.floatValue(value) }
    }

    /// - Returns: false, with nothing written, if the text is not UTF-8: neither encoding can say it.
    mutating func textValue(_ text: UnsafeRawBufferPointer) -> Bool {
        encoding == .json ? json.textValue(text) : protobuf.textValue(text)
    }

    mutating func blobValue(_ blob: UnsafeRawBufferPointer) {
        if encoding == .json { json.blobValue(blob) } else { protobuf.blobValue(blob) }
    }

    // MARK: Describing

    mutating func startDescription() {
        if encoding == .json { json.startDescription() } else { protobuf.startDescription() }
    }

    mutating func parameter(name: UnsafeRawBufferPointer?) {
        if encoding == .json { json.parameter(name: name) } else { protobuf.parameter(name: name) }
    }

    mutating func startDescriptionColumns() { if encoding == .json { json.startDescriptionColumns() } }

    mutating func describedColumn(name: UnsafeRawBufferPointer?, declaredType: UnsafeRawBufferPointer?) {
        if encoding == .json {
            json.column(name: name, declaredType: declaredType)
        } else {
            protobuf.describedColumn(name: name, declaredType: declaredType)
        }
    }

    mutating func finishDescription(isExplain: Bool, isReadOnly: Bool) {
        if encoding == .json {
            json.finishDescription(isExplain: isExplain, isReadOnly: isReadOnly)
        } else {
            protobuf.finishDescription(isExplain: isExplain, isReadOnly: isReadOnly)
        }
    }
}

// MARK: cursors

extension AnswerWriter {
    /// - Returns: where the baton's text begins: it may be overwritten with another of the same length.
    mutating func cursorHead(baton: String) -> Int {
        if encoding == .json {
            json.cursorHead(baton: baton, baseURL: nil)
            // After `{"baton":"`.
            return 10
        }
        protobuf.cursorHead(baton: baton, baseURL: nil)
        return bytes.count - baton.utf8.count
    }

    mutating func startCursorStep(_ step: Int) {
        if encoding == .json { json.startCursorStep(step) } else { protobuf.startCursorStep(step) }
    }

    mutating func cursorColumn(name: UnsafeRawBufferPointer?, declaredType: UnsafeRawBufferPointer?) {
        if encoding == .json {
            json.column(name: name, declaredType: declaredType)
        } else {
            protobuf.cursorColumn(name: name, declaredType: declaredType)
        }
    }

    mutating func endCursorStepColumns() {
        if encoding == .json { json.endCursorStepColumns() } else { protobuf.endCursorStepColumns() }
    }

    mutating func startCursorRow() { if encoding == .json { json.startCursorRow() } else { protobuf.startCursorRow() } }
    mutating func endCursorRow() { if encoding == .json { json.endCursorRow() } else { protobuf.endCursorRow() } }

    mutating func cursorStepEnd(affectedRows: Int64, lastInsertRowID: Int64?) {
        if encoding == .json {
            json.cursorStepEnd(affectedRows: affectedRows, lastInsertRowID: lastInsertRowID)
        } else {
            protobuf.cursorStepEnd(affectedRows: affectedRows, lastInsertRowID: lastInsertRowID)
        }
    }

    mutating func cursorStepError(_ step: Int, _ error: HranaError) {
        if encoding == .json { json.cursorStepError(step, error) } else { protobuf.cursorStepError(step, error) }
    }

    mutating func cursorError(_ error: HranaError) {
        if encoding == .json { json.cursorError(error) } else { protobuf.cursorError(error) }
    }
}

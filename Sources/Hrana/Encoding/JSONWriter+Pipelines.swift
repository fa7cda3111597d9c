/// Responses of pipelines, and of version 1.
extension JSONWriter {
    /// A pipeline's response is `startPipeline`, one result for each request, `finishPipeline`.
    ///
    /// - Parameters:
    ///   - baton: for the stream's next request; nil if the stream is closed.
    ///   - baseURL: where to send it; nil for the same place.
    package mutating func startPipeline(baton: String?, baseURL: String?) {
        bytes.append(#"{"baton":"#)
        stringOrNull(baton)
        bytes.append(#","base_url":"#)
        stringOrNull(baseURL)
        bytes.append(#","results":["#)
    }

    package mutating func finishPipeline() { bytes.append("]}") }

    /// The same, for a caller that knows the baton only after the last request.
    package mutating func startPipeline() { bytes.append(#"{"results":["#) }

    package mutating func finishPipeline(baton: String?, baseURL: String?) {
        bytes.append(#"],"baton":"#)
        stringOrNull(baton)
        bytes.append(#","base_url":"#)
        stringOrNull(baseURL)
        bytes.append(UInt8(ascii: "}"))
    }

    // MARK: Results of requests

    /// The success of an execute, batch or describe: the result must follow, then `finishResult`.
    package mutating func startResult(of kind: StreamRequestKind) {
        startResponse(kind)
        bytes.append(#","result":"#)
    }

    package mutating func finishResult() { bytes.append("}}") }

    /// The success of a request without a result: sequence, store_sql, close_sql or close.
    package mutating func emptyResult(of kind: StreamRequestKind) {
        startResponse(kind)
        finishResult()
    }

    package mutating func autocommitResult(_ isAutocommit: Bool) {
        startResponse(.getAutocommit)
        bytes.append(#","is_autocommit":"#)
        boolean(isAutocommit)
        finishResult()
    }

    /// The failure of a request.
    package mutating func errorResult(_ error: HranaError) {
        separate()
        bytes.append(#"{"type":"error","error":"#)
        self.error(error)
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func startResponse(_ kind: StreamRequestKind) {
        separate()
        bytes.append(#"{"type":"ok","response":{"type":""#)
        bytes.append(kind.rawValue)
        bytes.append(UInt8(ascii: "\""))
    }

    // MARK: Version 1

    /// The body of a v1 answer: a statement's or a batch's result must follow, then `finishVersion1`.
    package mutating func startVersion1() { bytes.append(#"{"result":"#) }

    package mutating func finishVersion1() { bytes.append(UInt8(ascii: "}")) }
}

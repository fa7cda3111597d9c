/// Messages of the server on a WebSocket.
extension JSONWriter {
    package mutating func helloOK() { bytes.append(#"{"type":"hello_ok"}"#) }

    /// The connection is closed after it.
    package mutating func helloError(_ error: HranaError) {
        bytes.append(#"{"type":"hello_error","error":"#)
        self.error(error)
        bytes.append(UInt8(ascii: "}"))
    }

    /// The success of an execute, batch or describe: the result must follow, then `finishSocketResult`.
    package mutating func startSocketResult(_ id: Int32, of kind: SocketRequestKind) {
        startSocketResponse(id, kind)
        bytes.append(#","result":"#)
    }

    package mutating func finishSocketResult() { bytes.append("}}") }

    /// The success of a request without a result.
    package mutating func emptySocketResult(_ id: Int32, of kind: SocketRequestKind) {
        startSocketResponse(id, kind)
        bytes.append("}}")
    }

    /// The entries must follow, then `finishFetchedEntries`.
    package mutating func startFetchedEntries(_ id: Int32) {
        startSocketResponse(id, .fetchCursor)
        bytes.append(#","entries":["#)
        entriesAreElements = true
    }

    /// - Parameter isDone: no more will come.
    package mutating func finishFetchedEntries(isDone: Bool) {
        entriesAreElements = false
        bytes.append(#"],"done":"#)
        boolean(isDone)
        bytes.append("}}")
    }

    /// The success of a request, with a response that is written already.
    package mutating func socketResponse(_ id: Int32, _ response: UnsafeRawBufferPointer) {
        startSocketResponse(id)
        bytes.append(response)
        bytes.append(UInt8(ascii: "}"))
    }

    /// The failure of a request, with an error object that is written already.
    package mutating func socketError(_ id: Int32, _ error: UnsafeRawBufferPointer) {
        startSocketError(id)
        bytes.append(error)
        bytes.append(UInt8(ascii: "}"))
    }

    package mutating func socketError(_ id: Int32, _ error: HranaError) {
        startSocketError(id)
        self.error(error)
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func startSocketResponse(_ id: Int32, _ kind: SocketRequestKind) {
        startSocketResponse(id)
        bytes.append(#"{"type":""#)
        bytes.append(kind.rawValue)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func startSocketResponse(_ id: Int32) {
        bytes.append(#"{"type":"response_ok","request_id":"#)
        integer(Int64(id))
        bytes.append(#","response":"#)
    }

    private mutating func startSocketError(_ id: Int32) {
        bytes.append(#"{"type":"response_error","request_id":"#)
        integer(Int64(id))
        bytes.append(#","error":"#)
    }
}

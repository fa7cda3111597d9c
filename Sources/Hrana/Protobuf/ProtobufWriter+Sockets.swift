/// Messages of the server on a WebSocket: each is one binary frame.
extension ProtobufWriter {
    package mutating func helloOK() {
        start(1)
        end()
    }

    package mutating func helloError(_ error: HranaError) {
        start(2)
        self.error(1, error)
        end()
    }

    /// The success of an execute, batch or describe: the result must follow, then `finishSocketResult`.
    package mutating func startSocketResult(_ id: Int32, of kind: SocketRequestKind) {
        start(3)
        bytes.signed(1, Int64(id))
        start(kind.protobufField)
    }

    package mutating func finishSocketResult() {
        end()
        end()
    }

    package mutating func emptySocketResult(_ id: Int32, of kind: SocketRequestKind) {
        startSocketResult(id, of: kind)
        finishSocketResult()
    }

    /// The entries must follow, then `finishFetchedEntries`.
    package mutating func startFetchedEntries(_ id: Int32) {
        startSocketResult(id, of: .fetchCursor)
        entryField = 1
    }

    package mutating func finishFetchedEntries(isDone: Bool) {
        entryField = nil
        bytes.boolean(2, isDone)
        finishSocketResult()
    }

    /// The success of a request, with a response whose fields are written already.
    package mutating func socketResponse(_ id: Int32, of kind: SocketRequestKind, _ fields: UnsafeRawBufferPointer) {
        startSocketResult(id, of: kind)
        bytes.append(fields)
        finishSocketResult()
    }

    /// The failure of a request, with an error whose fields are written already.
    package mutating func socketError(_ id: Int32, _ fields: UnsafeRawBufferPointer) {
        start(4)
        bytes.signed(1, Int64(id))
        bytes.bytes(2, fields)
        end()
    }

    package mutating func socketError(_ id: Int32, _ error: HranaError) {
        start(4)
        bytes.signed(1, Int64(id))
        self.error(2, error)
        end()
    }
}

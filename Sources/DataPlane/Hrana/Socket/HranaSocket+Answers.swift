import Hrana
import NIOCore

/// What comes of a WebSocket's own requests.
extension HranaSocket {
    func note(_ answer: AnswerBytes, _ request: DoorRequest) { port?.note(answer, to: request) }

    /// The whole answer is here.
    func finished(_ turn: SocketTurn, _ answer: AnswerBytes, _ body: ByteBuffer, _ request: DoorRequest) {
        guard turns.removeValue(forKey: turn.id) != nil else { return }
        note(answer, request)
        let error = answer.status < 300 ? nil : body.withUnsafeReadableBytes { HranaError(answer: $0) }
        switch turn.kind {
        case .hello:
            if let error { session.greeted(error) } else { welcome(turn.errand?.known) }
        case .cursor:
            if let error { session.failed(turn.id, error) } else { session.cursorData(turn.id, body, isEnd: true) }
        case .pipeline(_, let closes):
            if let error { session.failed(turn.id, error) } else { passOn(turn.id, body, closes) }
        }
        perform()
    }

    private func passOn(_ turn: UInt64, _ body: ByteBuffer, _ closes: Bool) {
        body.withUnsafeReadableBytes { bytes in
            let answer = encoding == .json ? PipelineAnswer.json(bytes, closes: closes) : PipelineAnswer.protobuf(bytes)
            guard let answer else { return session.failed(turn, .answerUnreadable) }
            guard let asked = session.answered(turn, baton: answer.baton) else { return }
            let content = UnsafeRawBufferPointer(rebasing: bytes[answer.content])
            send { $0.socketAnswer(asked.id, asked.kind, content, isError: answer.isError) }
        }
    }

    /// More of a cursor's answer.
    func advanced(_ turn: SocketTurn, _ bytes: ByteBuffer, isEnd: Bool) {
        guard turns[turn.id] != nil else { return }
        if isEnd { turns[turn.id] = nil }
        session.cursorData(turn.id, bytes, isEnd: isEnd)
        perform()
    }

    /// The answer broke off.
    func lost(_ turn: SocketTurn) {
        guard turns.removeValue(forKey: turn.id) != nil else { return }
        session.failed(turn.id, .answerUnreadable)
        perform()
    }

    func tooMuch(_ turn: SocketTurn) {
        abandon(turn.id)
        session.failed(turn.id, .responseTooLarge)
        perform()
    }
}

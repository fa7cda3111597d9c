import Hrana
import NIOCore

/// Closes streams whose client left in the moment between a program's end and its answer: the answer has the only baton.
struct SocketExecutor {
    let port: any SocketPort
    let letGo: (_ port: any SocketPort, _ baton: String) -> Void

    /// - Parameter answer: of a program that was abandoned; in most cases it was cancelled in time, and says nothing.
    func close(_ answer: AnswerBytes, of turn: SocketTurn) {
        guard answer.status < 300, let baton = baton(in: answer, of: turn) else { return }
        letGo(port, baton)
    }

    private func baton(in answer: AnswerBytes, of turn: SocketTurn) -> String? {
        switch turn.kind {
        case .hello: return nil
        case .cursor(let encoding):
            var entries = CursorEntries(encoding)
            entries.append(answer.body)
            guard case .baton(let baton) = entries.takeHead() else { return nil }
            return baton
        case .pipeline(let encoding, let closes):
            return answer.body.withUnsafeReadableBytes { bytes in
                encoding == .json
                    ? PipelineAnswer.json(bytes, closes: closes)?.baton : PipelineAnswer.protobuf(bytes)?.baton
            }
        }
    }
}

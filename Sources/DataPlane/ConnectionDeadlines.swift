import NIOCore

/// Which wait of a connection has lasted too long. Looked at in every sweep.
extension ConnectionMachine {
    enum Overdue: Equatable {
        /// Nothing is owed to the client.
        case close
        /// An answer can still be given before the end.
        case refuse(DoorRefusal)
        /// In the middle of an answer.
        case cut
    }

    /// - Parameter headSince: when the first bytes of a head were seen that is not complete yet.
    func overdue(now: NIODeadline, headSince: NIODeadline?) -> Overdue? {
        switch phase {
        case .idle:
            if let headSince, now - headSince >= limits.headTime { return .refuse(.tooSlow) }
            return headSince == nil && waited(limits.idle, now) ? .close : nil
        case .collecting, .discarding:
            return waited(limits.bodyTime, now) ? .refuse(.tooSlow) : nil
        case .receiving where isHeld:
            return waited(limits.answer, now) ? .refuse(.unanswered) : nil
        case .receiving:
            return waited(limits.uploadWindow, now) ? .refuse(.tooSlow) : nil
        case .waiting:
            if let departing, now - max(departing, since) >= limits.departure { return .cut }
            return waited(answerTime, now) ? .refuse(.unanswered) : nil
        case .streaming:
            return waited(limits.answer, now) ? .cut : nil
        case .tail:
            return tailOverdue(now)
        case .finishing:
            return waited(limits.writeStall, now) ? .cut : nil
        case .lingering:
            return waited(lingerTime, now) ? .close : nil
        case .closed:
            return nil
        }
    }

    private func tailOverdue(_ now: NIODeadline) -> Overdue? {
        if !requestComplete && waited(limits.bodyTime, now) { return tailAnswering ? .cut : .refuse(.tooSlow) }
        if requestComplete && !tailAnswering && waited(limits.answer, now) { return .refuse(.unanswered) }
        return nil
    }

    private func waited(_ limit: TimeAmount, _ now: NIODeadline) -> Bool { now - since >= limit }
}

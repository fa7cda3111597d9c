/// What one attempt to relay a request has come to, and what follows from each event. Decides only.
///
/// The rule behind it: a request may be sent again only while it is certain that nothing of it was executed. A peer that has
/// not been given the whole request cannot have executed it, since its length is said in its head.
struct RelayMachine {
    enum Phase: Equatable {
        /// For a connection.
        case waiting
        case sending
        /// The system has taken every byte.
        case sent
        /// The answer is gathered, to be sent on whole.
        case gathering(Answer)
        /// The answer is sent on as it comes.
        case streaming
        case over
    }

    enum Answer: Equatable {
        /// For the client.
        case whole
        /// To HEAD: it has a length and no body.
        case headOnly(length: Int?)
        /// 421: for us.
        case misdirected
        /// The owner has looked at our signature only, and did not take it: for us too.
        case refused(RelayFailure)
    }

    enum Action: Equatable {
        case none
        case gather
        case beginStream(length: Int?)
        case passOn
        case answer
        case answerHead(length: Int?)
        case redirect
        case endStream
        /// Once more, on a connection that was not used before.
        case sendAgain
        case fail(RelayFailure)
        /// The client has the beginning of an answer whose rest will not come.
        case cut
    }

    private(set) var phase = Phase.waiting
    private var hasSentAgain = false
    private var isSent = false
    private var isWhole = false
    private let gathered: Int

    /// - Parameter gathered: bytes of the longest answer that is not streamed.
    init(gathered: Int) { self.gathered = gathered }

    /// A part of an upload is about to be sent that is nowhere any more afterwards: it cannot be sent again.
    mutating func consume() { hasSentAgain = true }

    /// Whether the connection is as new after this exchange: the request was taken whole, and the answer came whole.
    var leavesConnectionClean: Bool { isSent && isWhole }

    mutating func begin() {
        phase = .sending
        isSent = false
        isWhole = false
    }

    mutating func written() {
        isSent = true
        if phase == .sending { phase = .sent }
    }

    /// - Parameters:
    ///   - length: of the body as the answer's head says it.
    ///   - hasBody: false for answers to HEAD, and for statuses that never have one.
    ///   - refusal: the owner says that it looked at the signature only; why it did not take it.
    mutating func head(status: Int, length: Int?, hasBody: Bool, refusal: RelayFailure? = nil) -> Action {
        guard phase == .sending || phase == .sent else { return lost() }
        if let refusal {
            phase = .gathering(.refused(refusal))
        } else if status == 421 {
            phase = .gathering(.misdirected)
        } else if !hasBody {
            phase = .gathering(.headOnly(length: length))
        } else if let length, length <= gathered {
            phase = .gathering(.whole)
        } else {
            phase = .streaming
            return .beginStream(length: length)
        }
        return .none
    }

    mutating func body() -> Action {
        switch phase {
        case .gathering: .gather
        case .streaming: .passOn
        case .waiting, .sending, .sent, .over: .none
        }
    }

    mutating func end() -> Action {
        isWhole = true
        defer { phase = .over }
        switch phase {
        case .gathering(.whole): return .answer
        case .gathering(.headOnly(let length)): return .answerHead(length: length)
        case .gathering(.misdirected): return .redirect
        case .gathering(.refused(let failure)): return .fail(failure)
        case .streaming: return .endStream
        case .waiting, .sending, .sent, .over: return .none
        }
    }

    /// The connection is gone, or its time is up, or what came on it is no answer.
    mutating func lost() -> Action {
        switch phase {
        case .waiting:
            phase = .over
            return .fail(.unreachable)
        case .sending where !hasSentAgain:
            hasSentAgain = true
            phase = .waiting
            return .sendAgain
        case .sending:
            phase = .over
            return .fail(.unreachable)
        case .sent, .gathering:
            phase = .over
            return .fail(.outcomeUnknown)
        case .streaming:
            phase = .over
            return .cut
        case .over:
            return .none
        }
    }

    /// Its time is up: what `lost` says, but there is none left for another attempt.
    mutating func overdue() -> Action {
        hasSentAgain = true
        return lost()
    }

    /// The client is gone, or was answered otherwise.
    mutating func abandon() { phase = .over }
}

/// Why a relayed request gets no answer of its owner.
enum RelayFailure: Equatable {
    /// Nothing was executed.
    case unreachable
    /// Nothing was executed: too many requests wait already.
    case crowded
    /// Nothing was executed: two nodes in turn said that they are not the owner.
    case moving
    /// Nothing was executed: the owner does not take this node for one of its cluster.
    case unrecognised
    /// It may have been executed.
    case outcomeUnknown
}

import Logging
import Movers
import Rebalancing

/// What the log says of a move.
struct MoveLogEntry {
    let level: Logger.Level
    let message: Logger.Message
    let facts: Logger.Metadata

    init(_ notice: MoveNotice) {
        switch notice {
        case .moved(let order, let pause):
            self.init(.info, "moved", order, ["pauseMS": "\(pause)"])
        case .arrived(let order):
            self.init(.info, "arrived", order)
        case .aborted(let order, let why):
            self.init(.warning, "move given up", order, ["reason": "\(why)"])
        case .discarded(let order, let why):
            self.init(.warning, "copy of a move thrown away", order, ["reason": "\(why)"])
        case .tombstoneFailed(let order, let why):
            self.init(.warning, "moved, but the old copy is not put away yet", order, ["reason": "\(why)"])
        case .halted(let order, let why):
            self.init(.error, "tenant served nowhere: look at it", order, ["reason": "\(why)"])
        case .sourceDamaged(let order):
            self.init(.error, "tenant damaged: its file is not what its checksum says", order)
        }
    }

    private init(
        _ level: Logger.Level, _ message: Logger.Message, _ order: MoveOrder, _ more: Logger.Metadata = [:]
    ) {
        self.level = level
        self.message = message
        let facts: Logger.Metadata = [
            "move": "\(order.id)", "tenant": "\(order.tenant)", "from": "\(order.source)", "to": "\(order.target)",
        ]
        self.facts = facts.merging(more) { $1 }
    }
}

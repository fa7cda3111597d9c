import NIOCore
import NIOHTTP1

/// What a connection's client has sent ahead of the exchange that is going on, in order.
struct Backlog {
    enum Item {
        case part(HTTPServerRequestPart)
        /// The parser gave up here: after everything before is answered, so does the connection; with an answer, if
        /// there is one to give.
        case broken(DoorRefusal?)
    }

    private var items = CircularBuffer<Item>()
    private var requests = 0
    private var bytes = 0
    private let most: (requests: Int, bytes: Int)

    init(limits: DoorLimits) {
        most = (limits.pipelined, limits.pipelinedBytes)
    }

    var isEmpty: Bool { items.isEmpty }
    var first: Item? { items.first }

    /// Enough: the connection is not read until there is less. One read may overshoot this by its own size.
    var isFull: Bool { requests >= most.requests || bytes >= most.bytes }

    /// More than any read can have overshot by; only a client that floods and then closes gets here, since a socket at
    /// its end is read out whatever we want.
    var isFlooded: Bool { bytes >= most.bytes + (8 << 20) || items.count >= 100_000 }

    mutating func append(_ item: Item) {
        items.append(item)
        count(item, 1)
    }

    mutating func removeFirst() -> Item {
        let item = items.removeFirst()
        count(item, -1)
        return item
    }

    mutating func removeAll() {
        items.removeAll()
        requests = 0
        bytes = 0
    }

    private mutating func count(_ item: Item, _ sign: Int) {
        switch item {
        case .part(.head): requests += sign
        case .part(.body(let chunk)): bytes += sign * chunk.readableBytes
        case .part(.end), .broken: break
        }
    }
}

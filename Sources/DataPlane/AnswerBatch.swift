package import NIOCore
package import NIOHTTP1

/// Answers that one thread makes in a row, handed to their event loops together. A lane that has run many tenants'
/// work, or a flusher that has made many commits durable, fills one of these and delivers it: one lock and at most one
/// wake-up for each event loop.
///
/// What was put in goes out after ``limit`` answers, or with ``deliver()``; who forgets the latter leaves clients
/// waiting.
package struct AnswerBatch {
    /// More would gain little and make the first of them wait.
    package static let limit = 16

    private var slots: [(mailbox: AnswerMailbox, deliveries: [Delivery])] = []
    private var count = 0

    package init() {}

    /// As ``DoorRequest/respond(_:lines:body:isOurs:)``, delivered later.
    /// - Returns: `false` if the request was answered before; then nothing happens.
    @discardableResult
    package mutating func respond(
        to request: DoorRequest, _ status: HTTPResponseStatus, lines: HeaderLines = HeaderLines(),
        body: consuming ByteBuffer = ByteBuffer()
    ) -> Bool {
        guard request.prepare(status, lines, body: body, isOurs: true) else { return false }
        let mailbox = request.mailbox
        if let slot = slots.firstIndex(where: { $0.mailbox === mailbox }) {
            slots[slot].deliveries.append(.answer(request))
        } else {
            slots.append((mailbox, [.answer(request)]))
        }
        count += 1
        if count >= Self.limit { deliver() }
        return true
    }

    package mutating func deliver() {
        guard count > 0 else { return }
        for index in slots.indices where !slots[index].deliveries.isEmpty {
            slots[index].mailbox.post(slots[index].deliveries)
            slots[index].deliveries.removeAll(keepingCapacity: true)
        }
        count = 0
    }
}

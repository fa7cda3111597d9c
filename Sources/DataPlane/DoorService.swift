/// What stands behind the door: takes complete data-plane requests and answers each of them once, later, from any
/// thread.
package protocol DoorService: Sendable {
    /// The requests that became complete in one tick of an event loop, in the order in which they did. Called on that
    /// loop: it must not block, and must not keep the array. Requests of one connection come one at a time, the next
    /// only after the answer to the one before, so that a client's pipelined statements run in the order it sent them.
    func handle(batch: [DoorRequest])

    /// The client of a request that was handed over has left before the whole answer was written, or the door has
    /// answered in its own name because no answer came. Called once, on the event loop of that request. Answers made
    /// from now on go nowhere; nothing needs to be answered.
    func cancelled(_ request: DoorRequest)
}

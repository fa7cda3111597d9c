/// What runs for a request and can be told that nobody waits for it any more.
package protocol DoorCanceller: AnyObject, Sendable {
    /// At most once a request, but it may come late, when the answer is made already. Any thread; must not block.
    func cancel()
}

/// A named thread for one blocking loop, such as the journal's flusher.
///
/// Whoever starts it tells it to stop by means of its own (a flag behind a `Gate`) and then joins it, once.
package final class BackgroundThread: Sendable {
    private let thread: PosixThread

    /// - Parameter name: at most 15 bytes are shown.
    /// - Throws: `LaneError.noThread`.
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(LaneError) {
        thread = try PosixThread.start(name: name, body)
    }

    /// Blocks until the body has returned. Called exactly once, not from the body.
    package func join() {
        precondition(!thread.isCurrent, "a thread cannot join itself")
        thread.join()
    }
}

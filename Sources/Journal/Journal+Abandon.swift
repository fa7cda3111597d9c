package import Seams
import Synchronization

extension Journal {
    /// Ends at once, without another call to the disk but closing files: for a node that has to exit, and for proofs of
    /// crashes. What was appended and not flushed is gone; who waits for it is told (`DurabilityWaiter.abandoned`).
    ///
    /// `flushLoop` and `prepareLoop` return soon after.
    package func abandon() {
        state.withLock { if $0.end == nil { $0.end = .closed } }
        wakeEverybody()
        close()
        giveUpWaiters()
    }

    func giveUpWaiters() {
        var left: [any DurabilityWaiter] = []
        waiters.withLock { $0.takeAll(into: &left) }
        for waiter in left { waiter.abandoned() }
    }

    /// For whoever meets a failed sync elsewhere: what it should have written may be lost, so nothing is acknowledged any
    /// more and the process has to exit; recovery writes it again (rule J6).
    package func declareFailed(_ error: FileError) { fail(.disk(error)) }
}

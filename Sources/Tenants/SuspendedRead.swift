/// A statement that stays open between two works of its stream, because its client takes the rows slowly. On the tenant's
/// thread.
package protocol SuspendedRead: AnyObject {
    /// The stream needs its connection, or waited too long. The statement must be finished before this returns.
    func end(_ reason: SuspensionEnd)
}

package enum SuspensionEnd: Sendable {
    /// The stream's next request has come.
    case nextRequest
    /// The client took no rows for too long.
    case idle
    /// Its snapshot kept too much of the log.
    case expired
    /// The stream was closed, or its transaction ended.
    case closed
}

/// One piece of blocking work for a lane.
///
/// A class rather than a closure, so that handing one over allocates nothing: its owner makes it once and reuses it.
package protocol LaneUnit: AnyObject, Sendable {
    /// Runs once per submission, on a lane's thread, with nothing else of that lane running unless it steps aside.
    func run()
}

/// Something whose speed is measured.
package protocol Contender {
    /// Short, for a table.
    var name: String { get }

    /// Works for about so long and tells what was done. Blocks; called several times, one call at a time.
    ///
    /// - Throws: where nothing can be measured; a failed operation is counted instead.
    func run(nanoseconds: UInt64, until stop: StopFlag) throws(BenchmarkError) -> Measurement

    /// Returns when nothing that the last run caused is under way any more, or after a bounded time. Blocks.
    func rest(until stop: StopFlag)
}

extension Contender {
    package func rest(until stop: StopFlag) {}
}

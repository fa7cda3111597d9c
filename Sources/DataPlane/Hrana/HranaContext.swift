package import Access
package import Seams

/// What every program needs of its node.
package struct HranaContext: Sendable {
    package let seal: BatonSeal
    /// This process: a stream with state lives in no other.
    package let incarnation: UInt64
    package let time: any TimeSource
    package let limits: ExecutionLimits

    package init(
        seal: BatonSeal, incarnation: UInt64, time: any TimeSource, limits: ExecutionLimits = ExecutionLimits()
    ) {
        self.seal = seal
        self.incarnation = incarnation
        self.time = time
        self.limits = limits
    }
}

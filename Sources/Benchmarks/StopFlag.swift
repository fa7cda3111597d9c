import Synchronization

/// Set once when a run is to end early, for example by Ctrl-C. Every loop of this room looks at it.
package final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}

    package var isSet: Bool { flag.load(ordering: .relaxed) }

    package func set() { flag.store(true, ordering: .relaxed) }
}

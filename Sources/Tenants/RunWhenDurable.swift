import Journal

/// Does something when the journal has what it depends on; not at all if the journal ends before.
final class RunWhenDurable: DurabilityWaiter {
    private let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    func becameDurable() { body() }
    func abandoned() {}
}

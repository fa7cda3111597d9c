import Seams

/// Several things that make way where the disk is full, in this order: the next only when the one before has nothing to give.
final class SparedLast: DiskRelief {
    private let parts: [any DiskRelief]

    init(_ parts: [any DiskRelief]) { self.parts = parts }

    var hasAny: Bool { parts.contains { $0.hasAny } }

    func letGo() -> Bool { parts.contains { $0.letGo() } }
}

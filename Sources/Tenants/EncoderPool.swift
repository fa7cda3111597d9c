import Journal
import Synchronization

/// Record encoders between commits: as many as threads commit at once, not one for every tenant (each holds 16 KiB).
final class EncoderPool: Sendable {
    /// Safe to hand from thread to thread: an encoder belongs to whoever took it.
    struct Lent: @unchecked Sendable { let encoder: RecordEncoder }

    private static let kept = 64
    private let journal: Journal
    private let idle = Mutex<[Lent]>([])

    init(journal: Journal) { self.journal = journal }

    func take() -> Lent { idle.withLock { $0.popLast() } ?? Lent(encoder: journal.makeEncoder()) }

    func give(back lent: Lent) {
        idle.withLock { if $0.count < Self.kept { $0.append(lent) } }
    }
}

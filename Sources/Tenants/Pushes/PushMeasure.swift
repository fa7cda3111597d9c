import Vocabulary

/// What pushed frames make of a database's size, from their headers alone, and whether they are commits as SQLite writes them. Pure.
struct PushMeasure {
    private let old: UInt32
    /// Pages after the last commit, and the most on the way.
    private(set) var size: UInt32
    private(set) var largest: UInt32
    private var changed: Set<UInt32> = []
    private var commit: Set<UInt32> = []
    private var fault: String?

    /// - Parameter size: pages before them.
    init(size: UInt32) {
        old = size
        self.size = size
        largest = size
    }

    mutating func add(page: UInt32, size next: UInt32) {
        changed.insert(page)
        // A client makes one frame of two, so others' would not have the numbers that this one's have.
        if !commit.insert(page).inserted, next == 0 {
            fault = fault ?? "a page is in one commit twice, and not at its end"
        }
        guard next > 0 else { return }
        largest = max(largest, next)
        if !growsWhole(to: next) {
            fault = fault ?? "a commit makes the database larger by pages that it does not have"
        }
        size = next
        commit.removeAll(keepingCapacity: true)
    }

    /// SQLite writes every page that a database grows by. What was there once, other replicas still have in their files.
    private func growsWhole(to next: UInt32) -> Bool {
        guard next > size else { return true }
        return (size + 1...next).allSatisfy { $0 == ReplicaImage.lockPage || commit.contains($0) }
    }

    /// - Parameter most: pages that a transaction may change.
    func check(most: UInt32) throws(PushFailure) {
        guard changed.count <= Int(most), largest - old <= most else { throw .transactionTooLarge }
        if let fault { throw .malformed(fault) }
    }
}

import Vocabulary

/// Pages that commits have changed since a state that replicas have: then it takes no reading of the whole tenant to find them.
///
/// Kept in memory, for tenants with replicas only, and given up where it grows too large. Belongs to the tenant's thread.
struct TouchedPages {
    /// So many are read on the tenant's thread at most.
    static let most = 512

    let since: Bookmark
    /// Of the file that they are of.
    let generation: Generation
    private(set) var pages: Set<UInt32> = []
    private var isComplete = true

    init(since: Bookmark, in generation: Generation) {
        self.since = since
        self.generation = generation
    }

    mutating func note(_ page: UInt32) {
        guard isComplete else { return }
        pages.insert(page)
        guard pages.count > Self.most else { return }
        isComplete = false
        pages = []
    }

    /// All that differ from that state, in order.
    ///
    /// - Returns: nil where that is not known.
    func changed(since bookmark: Bookmark, in generation: Generation) -> [UInt32]? {
        guard isComplete, bookmark == since, generation == self.generation else { return nil }
        return pages.sorted()
    }
}

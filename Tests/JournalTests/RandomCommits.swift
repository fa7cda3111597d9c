import Journal
import Simulator
import Vocabulary

/// Random steps of a node: commits of all shapes, flushes, checkpoints, truncations.
extension TestWorld {
    func randomPage() -> Page {
        // Half of them compress, half do not.
        if random.once(in: 2) { return Page(repeating: UInt8(random.below(256)), count: 4096) }
        var words = [UInt64](repeating: 0, count: 512)
        for index in words.indices { words[index] = random.next() }
        return words.withUnsafeBytes { Page($0) }
    }

    func randomChange(_ tenant: Int) -> [Page] {
        var pages = tenants[tenant].now!.pages
        switch random.below(12) {
        case 0: pages.append(contentsOf: (0...random.below(3)).map { _ in randomPage() })
        case 1: grow(&pages, tenant)
        case 2: pages.removeLast(random.below(pages.count))
        case 3: pages[random.below(pages.count)] = randomPage()
        default:
            for _ in 0...random.below(2) { touch(&pages[random.below(pages.count)]) }
        }
        // Page 1 carries a change counter, as SQLite's does.
        pages[0][24] &+= 1
        if pages.count > 24 { pages.removeLast(pages.count - 12) }
        return pages
    }

    private func touch(_ page: inout Page) {
        let start = random.below(4000)
        for offset in start...(start + random.below(40)) { page[offset] &+= 1 }
    }

    /// Grows over pages that were there before: some are skipped and read as zeros, some come back nearly as they were.
    private func grow(_ pages: inout [Page], _ tenant: Int) {
        for _ in 0...random.below(3) {
            if random.once(in: 3) {
                pages.append(ModelTenant.zeros)
            } else if var page = tenants[tenant].ghost(pages.count) {
                touch(&page)
                pages.append(page)
            }
        }
        pages.append(randomPage())
    }

    /// One step. A manifest that cannot be written now is no reason to stop: nothing depends on it yet.
    func step() throws {
        do {
            try randomStep()
        } catch let error as JournalError {
            guard !disk.isFrozen, journal.ended == nil else { throw error }
        }
    }

    private func randomStep() throws {
        let alive = tenants.indices.filter { tenants[$0].isAlive }
        guard let tenant = alive.isEmpty ? nil : alive[random.below(alive.count)] else {
            try create()
            return
        }
        switch random.below(40) {
        case 0 where tenants.count < 8: try create()
        case 1: try replace(tenant, (0...random.below(5)).map { _ in randomPage() })
        case 2 where alive.count > 2: drop(tenant)
        case 3: refresh(tenant)
        case 4: commit(tenant, (0..<20).map { _ in randomPage() })
        case 5...13: flush()
        case 14: journal.witnessNow()
        case 15...17: try checkpoint(tenant)
        case 18: try truncateJournal()
        case 19: journal.prepareNow()
        default: commit(tenant, randomChange(tenant))
        }
    }
}

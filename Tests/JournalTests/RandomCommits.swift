import Journal
import Simulator
import Vocabulary

/// Random steps of a node: commits of all shapes, flushes, checkpoints, truncations.
extension TestWorld {
    func randomPage() -> Page {
        // Half of them compress, half do not.
        if random.once(in: 2) { return Page(repeating: UInt8(random.below(256)), count: 4096) }
        return (0..<512).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    }

    func randomChange(_ pages: [Page]) -> [Page] {
        var pages = pages
        switch random.below(6) {
        case 0: pages.append(contentsOf: (0...random.below(3)).map { _ in randomPage() })
        case 1: pages.removeLast(random.below(pages.count))
        case 2: pages[random.below(pages.count)] = randomPage()
        default:
            for _ in 0...random.below(3) {
                let (page, start) = (random.below(pages.count), random.below(4000))
                for offset in start...(start + random.below(90)) { pages[page][offset] &+= 1 }
            }
        }
        // Page 1 carries a change counter, as SQLite's does.
        pages[0][24] &+= 1
        if pages.count > 24 { pages.removeLast(pages.count - 12) }
        return pages
    }

    func randomStep() throws {
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
        default: commit(tenant, randomChange(tenants[tenant].now!.pages))
        }
    }
}

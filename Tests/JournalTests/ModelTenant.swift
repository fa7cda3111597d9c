import Journal
import Vocabulary

/// A page of a model database.
typealias Page = [UInt8]

/// What a tenant's database must hold once everything up to an LSN counts.
struct ModelState {
    var lsn: LSN
    var state: TenantState
    var pages: [Page]
    var isDropped = false
}

/// A tenant as a list of pages, with its whole history: what the journal and the files are compared with.
struct ModelTenant {
    let id: TenantID
    var history: [ModelState] = []

    var now: ModelState? { history.last }
    var isAlive: Bool { history.last.map { !$0.isDropped } ?? false }

    func at(_ lsn: LSN) -> ModelState? { history.last { $0.lsn <= lsn } }

    /// After a crash: what came later never was.
    mutating func rollBack(to lsn: LSN) { history.removeAll { $0.lsn > lsn } }

    static func checksum(_ pages: [Page]) -> UInt64 {
        var sum: UInt64 = 0
        for (index, page) in pages.enumerated() { sum ^= hash(page, UInt32(index + 1)) }
        return sum
    }

    static func hash(_ page: Page, _ number: UInt32) -> UInt64 {
        page.withUnsafeBytes { PageHash.of(page: $0.baseAddress!, number: number) }
    }

    /// Encodes the change from the present pages to `pages`.
    ///
    /// - Returns: Bytes that the record may take at most.
    func encode(_ pages: [Page], _ stamp: RecordStamp, _ encoder: RecordEncoder) {
        let before = now?.pages ?? []
        encoder.begin(pageCountBefore: UInt32(before.count))
        for (index, page) in pages.enumerated() where index >= before.count || before[index] != page {
            // SQLite skips pages too when a database grows; they read as zeros. Its last page it always writes.
            if index >= before.count, index + 1 < pages.count, page == Self.zeros { continue }
            let number = UInt32(index + 1)
            page.withUnsafeBytes { current in
                let hash = PageHash.of(page: current.baseAddress!, number: number)
                // Beyond the old size a previous image may lie in the file; the encoder must not use it.
                let earlier = index < before.count ? before[index] : ghost(index)
                if let earlier {
                    earlier.withUnsafeBytes {
                        encoder.append(
                            page: number, previous: $0.baseAddress, current: current.baseAddress!, hash: hash)
                    }
                } else {
                    encoder.append(page: number, previous: nil, current: current.baseAddress!, hash: hash)
                }
            }
        }
        encoder.finish(stamp, pageCount: UInt32(pages.count), checksum: Self.checksum(pages))
    }

    static let zeros = Page(repeating: 0, count: 4096)

    /// What once stood on a page that the database does not have now.
    func ghost(_ index: Int) -> Page? {
        guard let generation = now?.state.generation else { return nil }
        return history.last { $0.state.generation == generation && $0.pages.count > index }?.pages[index]
    }
}

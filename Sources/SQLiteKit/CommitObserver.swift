/// Who hears of one database's commits: at the commit point, on the committing thread, page by page.
package protocol CommitObserver: AnyObject, Sendable {
    /// Room for one more changed page, asked for while the transaction can still be refused.
    ///
    /// - Returns: false to refuse; SQLite then answers SQLITE_FULL and the transaction rolls back as usual.
    func reservePage() -> Bool

    /// The transaction that reserved room ended without a commit.
    func releaseReservation()

    /// The commit point: nothing can fail after it, and no reader sees the commit before this returns. Must not block.
    func commit(_ commit: borrowing CapturedCommit)
}

/// One transaction at its commit point.
package struct CapturedCommit: ~Copyable {
    let capture: CommitCapture
    /// Last frame of each changed page, in order of page number.
    let frames: [(page: UInt32, frame: UInt32)]

    /// Size of the database in pages before and after.
    package let pageCountBefore: UInt32
    package let pageCountAfter: UInt32

    package var changedPages: Int { frames.count }

    /// Hands over each changed page once, in order of page number.
    ///
    /// `previous` is the page's image before this transaction, nil where it had none (the page lies beyond the old
    /// size). `isPreviousLost` says that there was one but the disk did not give it back.
    package func forEachPage(
        _ body: (_ number: UInt32, _ previous: UnsafeRawPointer?, _ current: UnsafeRawPointer, _ isPreviousLost: Bool)
            -> Void
    ) {
        for entry in frames {
            let current = capture.image(ofFrame: entry.frame, scratch: 0)
            guard entry.page <= pageCountBefore else {
                body(entry.page, nil, current, false)
                continue
            }
            let previous = capture.previousImage(of: entry.page)
            body(entry.page, previous, current, previous == nil)
        }
    }

    /// Hands over the old images of the pages that the transaction cut off, nil where the disk did not give one back.
    package func forEachRemovedPage(_ body: (_ number: UInt32, _ previous: UnsafeRawPointer?) -> Void) {
        guard pageCountAfter < pageCountBefore else { return }
        for number in (pageCountAfter + 1)...pageCountBefore { body(number, capture.previousImage(of: number)) }
    }

    /// Pages that growth skipped and that read as zeros (SQLite never writes the page at 1 GiB that holds its lock bytes).
    package func forEachSkippedPage(_ body: (_ number: UInt32) -> Void) {
        guard pageCountAfter > pageCountBefore else { return }
        let old = pageCountBefore
        let written = frames.reduce(0) { $0 + ($1.page > old ? 1 : 0) }
        guard written < Int(pageCountAfter - pageCountBefore) else { return }
        let present = Set(frames.map(\.page))
        for number in (pageCountBefore + 1)...pageCountAfter where !present.contains(number) { body(number) }
    }
}

import Seams
import Vocabulary

/// Reads the journal in LSN order and judges where it ends (rule J5).
struct JournalScan {
    struct Outcome {
        /// The first LSN that is not there.
        var next: LSN
        /// The highest LSN that something intact says was durable.
        var witnessed: LSN
        /// Set if the journal ends before a record that was durable.
        var damage: JournalDamage?
    }

    let links: [ChainLink]
    /// Records above it are given.
    let point: LSN
    /// A durable LSN known from elsewhere (the manifest).
    var claimed = LSN.none
    /// Records from it on are not looked at; nil to read to the end.
    var end: LSN?
    var faults = JournalFaults()

    /// - Parameter visit: Gets every record above the point that counts, in order. A flush counts as a whole, unless it is
    ///   the one that is damaged: then its intact beginning does. What it gets is valid during the call only.
    func run(_ visit: (RecordView) throws(JournalError) -> Void) throws(JournalError) -> Outcome {
        var outcome = Outcome(next: point.next, witnessed: claimed, damage: nil)
        for (index, link) in links.enumerated() {
            guard link.header.firstLSN <= outcome.next else {
                try stop(&outcome, at: index, offset: Block.size)
                return outcome
            }
            guard try read(link, at: index, &outcome, visit) else { return outcome }
            if let end, outcome.next >= end { break }
        }
        // Not one segment, but something that says there was.
        if links.isEmpty { try stop(&outcome, at: 0, offset: Block.size) }
        return outcome
    }

    /// - Returns: false if the journal ends within the segment.
    private func read(
        _ link: ChainLink, at index: Int, _ outcome: inout Outcome,
        _ visit: (RecordView) throws(JournalError) -> Void
    ) throws(JournalError) -> Bool {
        var walk = SegmentWalk(link, faults: faults)
        let start = outcome.next
        if index == 0 { try onDisk { () throws(FileError) in try walk.seek(start) } }
        var isFirst = index == 0
        var views: [RecordView] = []
        while !isBeyond(outcome.next, link) {
            guard let flush = try onDisk({ () throws(FileError) in try walk.next() }),
                flush.header.firstLSN == outcome.next || isFirst && flush.header.firstLSN < outcome.next
            else {
                try stop(&outcome, at: index, offset: walk.position)
                return false
            }
            isFirst = false
            outcome.witnessed = max(outcome.witnessed, flush.header.durable)
            var records = FlushRecords(flush.payload, first: flush.header.firstLSN, after: point)
            views.removeAll(keepingCapacity: true)
            while let view = records.next() { views.append(view) }
            let isEnough = limit(of: link).map { records.expected >= $0 } ?? false
            guard isEnough || records.isWhole(flush.header) else {
                try stop(&outcome, in: flush, views, records, at: index, visit)
                return false
            }
            try give(views, upTo: limit(of: link), &outcome, visit)
        }
        return true
    }

    private func limit(of link: ChainLink) -> LSN? {
        switch (link.limit, end) {
        case (let limit?, let end?): min(limit, end)
        case (let limit, let end): limit ?? end
        }
    }

    private func isBeyond(_ next: LSN, _ link: ChainLink) -> Bool { limit(of: link).map { next >= $0 } ?? false }

    private func give(
        _ views: [RecordView], upTo limit: LSN?, _ outcome: inout Outcome,
        _ visit: (RecordView) throws(JournalError) -> Void
    ) throws(JournalError) {
        for view in views where view.header.lsn >= outcome.next {
            if let limit, view.header.lsn >= limit { break }
            try visit(view)
            outcome.next = view.header.lsn.next
        }
    }

    // MARK: Where reading stops

    /// A flush whose header is intact and whose records are not: torn, unless something says that it was durable.
    private func stop(
        _ outcome: inout Outcome, in flush: SegmentWalk.Flush, _ views: [RecordView], _ records: FlushRecords,
        at index: Int, _ visit: (RecordView) throws(JournalError) -> Void
    ) throws(JournalError) {
        outcome.witnessed = max(outcome.witnessed, try claims(at: index, offset: flush.offset))
        guard outcome.witnessed >= outcome.next else { return }
        // With all records intact but another flush's digest, none of them is certain to be the right one.
        if records.count < flush.header.recordCount { try give(views, upTo: nil, &outcome, visit) }
        outcome.damage = JournalDamage(lsn: outcome.next, tenant: records.brokenTenant, durable: outcome.witnessed)
    }

    /// No intact flush header where the next LSN ought to be.
    private func stop(_ outcome: inout Outcome, at index: Int, offset: Int) throws(JournalError) {
        outcome.witnessed = max(outcome.witnessed, try claims(at: index, offset: offset))
        guard outcome.witnessed >= outcome.next else { return }
        outcome.damage = JournalDamage(lsn: outcome.next, tenant: nil, durable: outcome.witnessed)
    }

    /// What the rest of the journal claims was durable: the intact flush headers from here on, and the beginnings of later
    /// segments, none of which is written before everything below it is synced.
    private func claims(at index: Int, offset: Int) throws(JournalError) -> LSN {
        var highest = LSN.none
        for (place, link) in links.enumerated() where place >= index {
            let start = place == index ? offset : Block.size
            highest = max(highest, LSN(max(1, link.header.firstLSN.rawValue) - 1))
            let walk = SegmentWalk(link, faults: faults)
            highest = max(highest, try onDisk { () throws(FileError) in try walk.claims(from: start) })
        }
        return highest
    }
}

/// Runs calls to the disk whose failure ends the whole matter.
func onDisk<R>(_ body: () throws(FileError) -> R) throws(JournalError) -> R {
    do throws(FileError) { return try body() } catch { throw .disk(error) }
}

import Vocabulary

/// One segment's place in the journal.
struct ChainLink {
    let slot: SegmentSlot
    let header: SegmentHeader
    /// Where the next segment takes over; nil in the last one.
    let limit: LSN?
}

/// The order in which segments are read: pure, from their headers alone.
///
/// Segments are ordered by sequence. A segment supersedes its first LSN and everything above it in the segments before
/// it (recovery writes records anew that were not certainly durable), so a segment that begins at or above a later
/// one's first LSN is out altogether. Segments that end at or below the recovery point are not needed.
enum SegmentChain {
    static func links(_ found: [SegmentStore.Found], after point: LSN) -> [ChainLink] {
        let intact = found.compactMap { file in file.header.map { (slot: file.slot, header: $0) } }
            .filter { $0.header.length <= $0.slot.length }
            .sorted { $0.header.sequence > $1.header.sequence }
        var links: [ChainLink] = []
        var limit: LSN?
        for (slot, header) in intact {
            if let limit, header.firstLSN >= limit { continue }
            if let limit, limit <= point.next { break }
            links.append(ChainLink(slot: slot, header: header, limit: limit))
            limit = header.firstLSN
        }
        return links.reversed()
    }
}

extension SegmentChain {
    /// The links that hold `first` and what follows.
    static func tail(_ links: [ChainLink], from first: LSN) -> [ChainLink] {
        guard let start = links.lastIndex(where: { $0.header.firstLSN <= first }) else { return links }
        return Array(links[start...])
    }

    /// The links as they are once another segment has been begun.
    static func appending(_ segment: OpenSegment, to links: [ChainLink]) -> [ChainLink] {
        let first = segment.header.firstLSN
        var kept = links.filter { $0.header.firstLSN < first }
        if let last = kept.popLast() { kept.append(ChainLink(slot: last.slot, header: last.header, limit: first)) }
        return kept + [ChainLink(slot: segment.slot, header: segment.header, limit: nil)]
    }
}

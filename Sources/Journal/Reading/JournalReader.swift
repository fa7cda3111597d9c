package import Seams
package import Vocabulary

/// Reads a journal's folder without opening the journal: for `journal dump`, `journal verify`, and whoever looks at a node
/// that is not running. Changes nothing.
///
/// A journal that is running at the same time may use a segment again while it is read; what is read then ends early or is
/// reported as damaged.
package struct JournalReader: Sendable {
    private let links: [ChainLink]
    package let manifest: Manifest

    /// - Throws: `.manifest` if there is no manifest or it is not intact, `.version`, `.disk`.
    package init(_ directory: String, files: any Files) throws(JournalError) {
        guard let manifest = try ManifestStore.read(files: files, directory: directory) else {
            throw .manifest("is missing")
        }
        self.manifest = manifest
        let found = try onDisk { () throws(FileError) in
            try SegmentStore(files: files, directory: directory).find(.read)
        }
        let links = SegmentChain.links(found, after: manifest.recoveryPoint)
        for file in found where !links.contains(where: { $0.slot.number == file.slot.number }) {
            file.slot.file.close()
        }
        self.links = links
    }

    /// Gives every record from `first` on, in order. Records at or below the recovery point are nobody's and not given.
    ///
    /// - Parameter visit: What it gets is valid during the call only.
    /// - Returns: Where the journal ends, and whether it ought to go on.
    @discardableResult
    package func records(
        from first: LSN = .none, _ visit: (RecordView) throws(JournalError) -> Void
    ) throws(JournalError) -> JournalEnd {
        let point = LSN(max(max(first.rawValue, 1) - 1, manifest.recoveryPoint.rawValue))
        let scan = JournalScan(
            links: SegmentChain.tail(links, from: point.next), point: point, claimed: manifest.durable)
        let outcome = try scan.run(visit)
        return JournalEnd(
            lastLSN: LSN(outcome.next.rawValue - 1), witnessed: outcome.witnessed, damage: outcome.damage)
    }

    /// Gives the files back. Called once, after all else.
    package func close() {
        for link in links { link.slot.file.close() }
    }
}

/// How a journal ends.
package struct JournalEnd: Hashable, Sendable {
    /// The last record that counts.
    package var lastLSN: LSN
    /// The highest LSN that something intact says was durable. Records above it were perhaps never acknowledged.
    package var witnessed: LSN
    /// Set if a record is missing that was durable.
    package var damage: JournalDamage?
}

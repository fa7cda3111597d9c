package import Seams
import Vocabulary

/// Brings the tenants' files to the end of the journal (rule J4). Idempotent: it may be cut off anywhere and run again.
package struct Recovery: Sendable {
    let store: SegmentStore
    let links: [ChainLink]
    let outline: JournalOutline
    let point: LSN
    let end: LSN
    let nodeState: TenantState?
    let faults: JournalFaults

    /// Parts of the whole after which progress is told.
    private static let progressSteps: UInt64 = 100

    /// Records to apply.
    package var totalRecords: UInt64 { outline.records }

    /// Applies every record and makes the result durable.
    ///
    /// Only one generation of a tenant counts: the newest that the journal names. A tenant whose file is not what the
    /// records say is reported as damaged and left alone; the others go on.
    ///
    /// - Parameters:
    ///   - fileSystem: That of the tenants' files, opened before anything was written to it; nil to sync each file.
    ///   - memory: Bytes for page images; when they are full, all are written out.
    ///   - descriptors: Tenants' files open at the same time.
    ///   - progress: Called two hundred times at most, and at the end.
    /// - Returns: The tenants that have records behind the recovery point, by id. For all others the node state holds.
    /// - Throws: `.disk` if the disk fails what concerns all. Nothing has changed for the next attempt then.
    package func run(
        layout: any RecoveryLayout, fileSystem: (any FileSystem)?, memory: Int = 128 << 20, descriptors: Int = 256,
        progress: (RecoveryProgress) -> Void = { _ in }
    ) throws(JournalError) -> [RecoveredTenant] {
        try Ballast.retrying(store) { () throws(JournalError) in
            try attempt(layout, fileSystem, PageSlab(bytes: memory), descriptors, progress)
        }
    }

    private func attempt(
        _ layout: any RecoveryLayout, _ fileSystem: (any FileSystem)?, _ slab: PageSlab, _ descriptors: Int,
        _ progress: (RecoveryProgress) -> Void
    ) throws(JournalError) -> [RecoveredTenant] {
        var replays: [TenantID: TenantReplay] = [:]
        for (tenant, outline) in outline.tenants where !outline.isEmpty && !outline.isDropped {
            replays[tenant] = TenantReplay(
                tenant, outline, path: layout.path(tenant, outline.state.generation), files: store.files, faults: faults
            )
        }
        try apply(to: replays, slab, layout, descriptors, progress)
        let ordered = replays.values.sorted { $0.tenant < $1.tenant }
        try onDisk { () throws(FileError) in
            for replay in ordered {
                try replay.finish(slab)
                try replay.verify()
                replay.closeFile()
            }
            try sync(ordered, layout, fileSystem)
        }
        progress(RecoveryProgress(records: outline.records, totalRecords: outline.records))
        return results(replays)
    }

    private func apply(
        to replays: [TenantID: TenantReplay], _ slab: PageSlab, _ layout: any RecoveryLayout, _ descriptors: Int,
        _ progress: (RecoveryProgress) -> Void
    ) throws(JournalError) {
        let scan = JournalScan(
            links: SegmentChain.tail(links, from: point.next), point: point, end: end, faults: faults)
        var done: UInt64 = 0
        let step = max(1, outline.records / Self.progressSteps)
        var open = 0
        let outcome = try scan.run { (view) throws(JournalError) in
            done += 1
            if done % step == 0 {
                progress(RecoveryProgress(records: done, totalRecords: outline.records))
            }
            guard let replay = replays[view.header.tenant], replay.wants(view.header) else { return }
            let wasOpen = replay.isOpen
            try onDisk { () throws(FileError) in
                try replay.apply(view, slab, layout: layout) { () throws(FileError) in
                    for other in replays.values { try other.write(slab, lsn: view.header.lsn) }
                }
            }
            if !wasOpen, replay.isOpen { open += 1 }
            guard open >= descriptors else { return }
            for other in replays.values { other.closeFile() }
            open = 0
        }
        // Every record was read before. One that the disk does not give again must not be left out in silence: what was
        // found counts as durable.
        guard outcome.next == end else { throw .unreadable(outcome.next) }
    }

    private func sync(
        _ replays: [TenantReplay], _ layout: any RecoveryLayout, _ fileSystem: (any FileSystem)?
    ) throws(FileError) {
        guard !replays.isEmpty else { return }
        if let fileSystem { return try fileSystem.sync() }
        var folders: Set<String> = []
        for replay in replays {
            try replay.sync()
            guard replay.wasMade else { continue }
            var path = replay.path
            while path != layout.root, let slash = path.lastIndex(of: "/"), slash > path.startIndex {
                path = String(path[..<slash])
                folders.insert(path)
            }
        }
        for folder in folders.sorted() { try store.files.syncDirectory(folder) }
    }

    private func results(_ replays: [TenantID: TenantReplay]) -> [RecoveredTenant] {
        outline.tenants.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { tenant, outline in
            RecoveredTenant(
                tenant: tenant, state: outline.state, lastLSN: outline.lastLSN, isDropped: outline.isDropped,
                damage: replays[tenant]?.damage)
        }
    }
}

import Seams
import Vocabulary

/// Rebuilds one tenant's file from its records. Not Sendable; images live in the slab that all tenants share.
final class TenantReplay {
    /// A page that records changed.
    private struct Page {
        /// Its hash after the last record that changed it.
        var hash: UInt64
        var lsn: LSN
        /// Its image while it is in memory; -1 once written.
        var slot: Int32
    }

    let tenant: TenantID
    let outline: TenantOutline
    let path: String
    private let files: any Files
    private let faults: JournalFaults
    private var file: (any File)?
    private var pages: [UInt32: Page] = [:]
    /// How many of them have their image in memory.
    private var imagesHeld = 0
    /// Pages of the file as it lies on the disk.
    private var onDisk: UInt32 = 0
    /// Pages of the database so far.
    private var pageCount: UInt32 = 0
    /// The fewest pages since the file was last brought to `pageCount`: what lies behind is no base for anything.
    private var lowWater: UInt32 = 0
    /// The highest page that was changed.
    private var highest: UInt32 = 0
    private var isMeasured = false
    /// In the middle of a record or between the parts of one: the file's size is not set yet.
    private var isUnfinished = false
    private var isChanged = false
    private(set) var damage: TenantDamage?
    /// Its folder has a new name in it.
    private(set) var wasMade = false

    init(_ tenant: TenantID, _ outline: TenantOutline, path: String, files: any Files, faults: JournalFaults) {
        self.tenant = tenant
        self.outline = outline
        self.path = path
        self.files = files
        self.faults = faults
        damage = outline.damage
    }

    var isOpen: Bool { file != nil }

    /// Whether the record is about the file that counts.
    func wants(_ header: RecordHeader) -> Bool {
        guard damage == nil else { return false }
        if faults.ignoreGeneration { return header.kind.hasPages }
        return header.lsn >= outline.applyFrom && header.generation == outline.state.generation
            && (outline.orphans.isEmpty || !outline.isOrphan(header.lsn))
    }

    /// - Throws: What ends the recovery of all (a full disk, no descriptors). What concerns this tenant alone becomes its
    ///   damage.
    ///
    /// - Parameter makeRoom: Writes out images, of all tenants, until the slab has room.
    func apply(
        _ view: RecordView, _ slab: PageSlab, layout: any RecoveryLayout, makeRoom: () throws(FileError) -> Void
    ) throws(FileError) {
        switch view.header.kind {
        case .created:
            try guarded(view.header.lsn) { () throws(FileError) in
                try make(from: layout.templatePath(view.word ?? 0), view)
            }
        case .commit, .refresh, .part:
            try guarded(view.header.lsn) { () throws(FileError) in try applyPages(view, slab, makeRoom) }
        case .replaced, .dropped:
            break
        }
    }

    private func guarded(_ lsn: LSN, _ body: () throws(FileError) -> Void) throws(FileError) {
        do throws(FileError) {
            try body()
        } catch {
            switch error {
            case .full, .tooManyOpen: throw error
            case .notFound(let path): report(lsn, .missingFile(path: path))
            case .exists, .failed: report(lsn, .unreadable(error.description))
            }
        }
    }

    private func report(_ lsn: LSN, page: UInt32? = nil, _ reason: TenantDamage.Reason) {
        guard damage == nil else { return }
        damage = TenantDamage(tenant: tenant, lsn: lsn, page: page, reason: reason)
    }

    // MARK: Records

    /// Creation is done over: everything since then is in the journal (rule J8).
    private func make(from template: String, _ view: RecordView) throws(FileError) {
        let hash = view.word ?? 0
        guard try files.size(of: template) == Int64(view.header.pageCount) * Int64(PageHash.pageSize) else {
            return report(view.header.lsn, .template(hash: hash))
        }
        if let slash = path.lastIndex(of: "/") { try files.makeDirectory(String(path[..<slash])) }
        let target = try files.open(path, .create)
        file = target
        wasMade = true
        try target.truncate(to: 0)
        let source = try files.open(template, .read)
        defer { source.close() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while true {
            let count = try source.read(into: buffer, at: offset)
            if count == 0 { break }
            try target.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
            offset += Int64(count)
        }
        isMeasured = true
        isChanged = true
        (onDisk, pageCount, lowWater) = (view.header.pageCount, view.header.pageCount, view.header.pageCount)
    }

    private func applyPages(
        _ view: RecordView, _ slab: PageSlab, _ makeRoom: () throws(FileError) -> Void
    ) throws(FileError) {
        let lsn = view.header.lsn
        // Once measured, the file is needed only where a page's image is not in memory.
        if !isMeasured { guard try opened(lsn) != nil else { return } }
        isUnfinished = true
        isChanged = true
        var entries = view.pages
        while let entry = entries.next() {
            let slot = try image(entry, lsn, slab, makeRoom)
            pages[entry.number] = Page(hash: entry.hash, lsn: lsn, slot: slot)
            highest = max(highest, entry.number)
            guard entry.apply(to: slab.image(slot)) else { return report(lsn, page: entry.number, .malformedRecord) }
        }
        guard entries.isWellFormed else { return report(lsn, .malformedRecord) }
        guard view.header.kind != .part, !faults.sizeOnlyAtEnd else { return }
        setPageCount(view.header.pageCount, slab)
    }

    /// Opens the file at the first record that needs it.
    private func opened(_ lsn: LSN) throws(FileError) -> (any File)? {
        if let file { return file }
        let opened = try files.open(path, .update)
        file = opened
        if isMeasured { return opened }
        isMeasured = true
        onDisk = UInt32(clamping: try opened.size() / Int64(PageHash.pageSize))
        (pageCount, lowWater) = (onDisk, onDisk)
        guard onDisk >= outline.smallest || faults.ignoreGeneration else {
            report(lsn, .shortFile(pages: onDisk, atLeast: outline.smallest))
            return nil
        }
        return opened
    }

    /// The slot that holds the page's image before the change.
    private func image(
        _ entry: PageEntry, _ lsn: LSN, _ slab: PageSlab, _ makeRoom: () throws(FileError) -> Void
    ) throws(FileError) -> Int32 {
        if let page = pages[entry.number], page.slot >= 0 { return page.slot }
        if slab.isExhausted { try makeRoom() }
        guard let slot = slab.take() else { preconditionFailure("writing out gives all images back") }
        do throws(FileError) {
            if entry.encoding == .ranges { try read(entry.number, lsn, into: slab.image(slot)) }
        } catch {
            slab.giveBack(slot)
            throw error
        }
        imagesHeld += 1
        return slot
    }

    /// A page that lies beyond what the file has, or that was cut off in the meantime, reads as zeros.
    private func read(_ number: UInt32, _ lsn: LSN, into image: UnsafeMutableRawPointer) throws(FileError) {
        image.initializeMemory(as: UInt8.self, repeating: 0, count: PageHash.pageSize)
        guard number <= min(onDisk, lowWater), let file = try opened(lsn) else { return }
        let buffer = UnsafeMutableRawBufferPointer(start: image, count: PageHash.pageSize)
        _ = try file.read(into: buffer, at: Self.offset(number))
    }

    private func setPageCount(_ count: UInt32, _ slab: PageSlab) {
        isUnfinished = false
        lowWater = min(lowWater, count)
        pageCount = count
        guard count < highest else { return }
        highest = count
        for (number, page) in pages where number > count {
            if page.slot >= 0 { giveBack(page.slot, to: slab) }
            pages[number] = nil
        }
    }

    private static func offset(_ number: UInt32) -> Int64 { Int64(number - 1) * Int64(PageHash.pageSize) }
}

// MARK: - Writing

extension TenantReplay {
    /// Writes all images to the file, cuts off what was cut off, and gives the images' memory back. Leaves the file open or
    /// closed as it was: all tenants are written when memory runs out, and there may be more than descriptors.
    func write(_ slab: PageSlab, lsn: LSN) throws(FileError) {
        defer { forget(slab) }
        guard damage == nil, isChanged, isBehind else { return }
        let wasOpen = isOpen
        defer { if !wasOpen { closeFile() } }
        try guarded(lsn) { () throws(FileError) in
            guard let file = try opened(lsn) else { return }
            if lowWater < onDisk {
                try file.truncate(to: Int64(lowWater) * Int64(PageHash.pageSize))
                onDisk = lowWater
            }
            let present = pages.filter { $0.value.slot >= 0 }.keys.sorted()
            try writeRuns(present, slab, to: file)
            onDisk = max(onDisk, present.last ?? 0)
            if onDisk != pageCount, !isUnfinished {
                try file.truncate(to: Int64(pageCount) * Int64(PageHash.pageSize))
                onDisk = pageCount
            }
            lowWater = .max
        }
    }

    /// Whether the file is not what the records up to now say.
    private var isBehind: Bool { imagesHeld > 0 || lowWater < onDisk || onDisk != pageCount && !isUnfinished }

    /// Neighbouring pages go out in one call.
    private func writeRuns(_ numbers: [UInt32], _ slab: PageSlab, to file: any File) throws(FileError) {
        var start = 0
        while start < numbers.count {
            var end = start + 1
            while end < numbers.count, end - start < 256, numbers[end] == numbers[end - 1] + 1 { end += 1 }
            let vector = numbers[start..<end].map { number in
                UnsafeRawBufferPointer(start: slab.image(pages[number]!.slot), count: PageHash.pageSize)
            }
            try file.write(vector: vector, at: Self.offset(numbers[start]))
            start = end
        }
    }

    /// After the last record: the file gets its last size and content.
    func finish(_ slab: PageSlab) throws(FileError) {
        guard damage == nil else { return forget(slab) }
        try guarded(outline.lastLSN) { () throws(FileError) in
            guard try opened(outline.lastLSN) != nil else { return }
            if isChanged { setPageCount(outline.state.pageCount, slab) }
        }
        try write(slab, lsn: outline.lastLSN)
    }

    private func forget(_ slab: PageSlab) {
        guard imagesHeld > 0 else { return }
        for (number, page) in pages where page.slot >= 0 {
            giveBack(page.slot, to: slab)
            pages[number]?.slot = -1
        }
    }

    private func giveBack(_ slot: Int32, to slab: PageSlab) {
        slab.giveBack(slot)
        imagesHeld -= 1
    }

    /// Gives the descriptor back; the file is opened again when it is needed.
    func closeFile() {
        file?.close()
        file = nil
    }

    /// Reads back every page that records changed and compares it with what the last of them says.
    func verify() throws(FileError) {
        guard damage == nil, !pages.isEmpty else { return }
        try guarded(outline.lastLSN) { () throws(FileError) in
            guard let file = try opened(outline.lastLSN) else { return }
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: PageHash.pageSize, alignment: 16)
            defer { buffer.deallocate() }
            for number in pages.keys.sorted() {
                let page = pages[number]!
                let count = try file.read(into: buffer, at: Self.offset(number))
                guard count == buffer.count, PageHash.of(page: buffer.baseAddress!, number: number) == page.hash else {
                    return report(page.lsn, page: number, .pageMismatch)
                }
            }
        }
    }

    func sync() throws(FileError) {
        guard damage == nil, isChanged else { return }
        let file = try files.open(path, .update)
        defer { file.close() }
        try file.sync()
    }
}

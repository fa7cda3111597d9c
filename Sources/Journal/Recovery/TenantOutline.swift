import Vocabulary

/// What the records say of one tenant, from their headers alone: which generation counts, from where on, and what its
/// file must look like. Pure.
struct TenantOutline {
    private(set) var state: TenantState
    private(set) var lastLSN: LSN
    private(set) var isDropped = false
    /// Records below it belong to a file that is no more.
    private(set) var applyFrom: LSN
    /// The fewest pages that the file can have: checkpoints may have made it as small as any state since.
    private(set) var smallest: UInt32
    private(set) var damage: TenantDamage?
    /// Parts of large records whose last part never came.
    private(set) var orphans: [ClosedRange<LSN>] = []
    private var open: OpenParts?
    private var isFresh = true

    private struct OpenParts {
        var first: LSN
        var last: LSN
        var txid: TxID
        var generation: Generation
        var count: UInt32
        var next: UInt32

        init(_ header: RecordHeader) {
            first = header.lsn
            last = header.lsn
            txid = header.txid
            generation = header.generation
            count = header.partCount
            next = 1
        }

        func isContinued(by header: RecordHeader) -> Bool {
            txid == header.txid && generation == header.generation && next == header.part && count == header.partCount
        }
    }

    init(_ header: RecordHeader) {
        state = header.state
        lastLSN = header.lsn
        applyFrom = header.lsn
        smallest = header.pageCountBefore
    }

    /// Whether any record counts: a tenant may have orphaned parts only.
    var isEmpty: Bool { isFresh }

    /// - Returns: The LSNs of the record and its parts, once it is complete.
    mutating func add(_ header: RecordHeader) -> ClosedRange<LSN>? {
        if header.kind == .part {
            addPart(header)
            return nil
        }
        guard let start = closeParts(with: header) else { return nil }
        switch header.kind {
        case .commit, .refresh, .part:
            if header.generation != state.generation || isDropped { begin(header, at: start) } else { check(header) }
            smallest = min(smallest, header.pageCountBefore, header.pageCount)
            isDropped = false
        case .created, .replaced:
            begin(header, at: start)
            isDropped = false
        case .dropped:
            isDropped = true
        }
        isFresh = false
        state = header.state
        lastLSN = header.lsn
        return start...header.lsn
    }

    /// Records of another generation: everything before is about another file.
    private mutating func begin(_ header: RecordHeader, at start: LSN) {
        applyFrom = start
        smallest = header.pageCountBefore
        damage = nil
    }

    private mutating func check(_ header: RecordHeader) {
        guard !isFresh, damage == nil else { return }
        if header.epoch < state.epoch { report(.epochWentBack, header) }
        let expected = header.kind == .refresh ? state.txid : state.txid.next
        if header.txid != expected { report(.txidGap(after: state.txid, found: header.txid), header) }
    }

    private mutating func report(_ reason: TenantDamage.Reason, _ header: RecordHeader) {
        damage = TenantDamage(tenant: header.tenant, lsn: header.lsn, page: nil, reason: reason)
    }

    // MARK: Parts

    private mutating func addPart(_ header: RecordHeader) {
        if let parts = open, parts.isContinued(by: header) {
            open?.last = header.lsn
            open?.next += 1
            return
        }
        dropOpenParts()
        guard header.part == 0 else { return orphans.append(header.lsn...header.lsn) }
        open = OpenParts(header)
    }

    /// - Returns: Where the record begins, with all its parts; nil if it is a last part without its first ones, which
    ///   counts for nothing.
    private mutating func closeParts(with header: RecordHeader) -> LSN? {
        defer { open = nil }
        guard header.partCount > 1 else {
            dropOpenParts()
            return header.lsn
        }
        if let parts = open, parts.isContinued(by: header) { return parts.first }
        dropOpenParts()
        orphans.append(header.lsn...header.lsn)
        return nil
    }

    private mutating func dropOpenParts() {
        if let parts = open { orphans.append(parts.first...parts.last) }
        open = nil
    }

    /// Call after the last record.
    mutating func finish() { dropOpenParts() }

    func isOrphan(_ lsn: LSN) -> Bool { orphans.contains { $0.contains(lsn) } }
}

/// All tenants' outlines.
struct JournalOutline {
    private(set) var tenants: [TenantID: TenantOutline] = [:]
    private(set) var highestGeneration = Generation.none
    private(set) var records: UInt64 = 0
    /// The large records that are complete.
    private(set) var parted = PartedRecords()

    /// Call after the last record.
    mutating func finish() {
        for tenant in tenants.keys { tenants[tenant]?.finish() }
    }

    mutating func add(_ header: RecordHeader) {
        records += 1
        highestGeneration = max(highestGeneration, header.generation)
        if let range = tenants[header.tenant, default: TenantOutline(header)].add(header) { parted.add(range) }
    }
}

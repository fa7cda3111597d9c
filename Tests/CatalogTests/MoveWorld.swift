import Rebalancing
import Vocabulary

/// One tenant, two nodes, one catalog row and a network that loses, delays and reorders, all driven by a seed. Checks after
/// every step that nobody serves who should not, and that no write is lost.
struct MoveWorld {
    /// Something under way: a request to the catalog, an answer, a message between the nodes.
    enum Message {
        case commit(version: UInt64, incarnation: UInt64)
        case abort(version: UInt64)
        case finish(version: UInt64)
        case read
        case source(MoveEvent)
        case target(ArrivalEvent)
        case targetReads
        /// The base, as the source's disk was when it was sent.
        case base(MovePosition)
        /// The last pages that had changed, and where the source stands frozen.
        case seal(MovePosition)
    }

    let random: SeededRandom
    let source = node("n1")
    let target = node("n2")
    var row: Placement
    var incarnation: UInt64 = 1
    var machine: MoveMachine
    /// False between a crash of the source and its next reading of the row.
    var sourceHolds = true
    var arrival: ArrivalMachine?
    var sourceDisk = MovePosition(txid: TxID(1), checksum: 100)
    var targetDisk: MovePosition?
    var messages: [Message] = []
    var failure: String?
    let lossy: Bool

    init(seed: UInt64, copying: MoveOrder.Copying, lossy: Bool) {
        random = SeededRandom(seed)
        self.lossy = lossy
        let tenant = TenantID(4711)
        row = Placement(tenant: tenant, owner: source, epoch: .first, version: 1)
        machine = MoveMachine(
            MoveOrder(id: "m1", tenant: tenant, source: source, target: target, epoch: .first, copying: copying))
    }

    var isOver: Bool {
        switch machine.state {
        case .moved, .aborted, .halted: true
        default: false
        }
    }

    var sourceWrites: Bool { sourceHolds && machine.servesWrites }
    /// Reads that were admitted may still be answered while they are being parked.
    var sourceAnswers: Bool {
        if case .parkingReads = machine.state { return sourceHolds }
        return sourceHolds && machine.servesReads
    }
    var targetServes: Bool { arrival?.serves ?? false }

    // MARK: One step

    mutating func step() {
        let choice = random.below(10)
        if choice < 6, !messages.isEmpty {
            deliver(messages.remove(at: random.below(messages.count)))
        } else if choice < 7 {
            write()
        } else if lossy {
            disturb()
        } else if !messages.isEmpty {
            deliver(messages.removeFirst())
        }
        check()
    }

    private mutating func write() {
        if sourceWrites { sourceDisk = next(sourceDisk) }
        if targetServes, let disk = targetDisk { targetDisk = next(disk) }
    }

    private func next(_ position: MovePosition) -> MovePosition {
        MovePosition(txid: position.txid.next, checksum: position.checksum &* 31 &+ 7)
    }

    private mutating func disturb() {
        switch random.below(24) {
        case 0 where !messages.isEmpty: lose(messages.remove(at: random.below(messages.count)))
        case 1 where !messages.isEmpty: messages.append(messages[random.below(messages.count)])
        case 2: source(.cancel)
        case 3, 4, 5: source(.timeout)
        case 6: source(.targetFailed("cut"))
        case 7: source(.rowUnreadable)
        case 8: messages.append(.read)
        case 9, 10: toTarget(.hint)
        case 11: toTarget(.timeout)
        case 12: restartSource()
        case 13: restartTarget()
        case 14 where row.state == .moving && row.epoch == .first: messages.append(.abort(version: row.version))
        default: break
        }
    }

    /// The sender learns that it does not know.
    private mutating func lose(_ message: Message) {
        switch message {
        case .commit:
            messages.append(message)
            messages.append(.source(.commitUnknown))
        case .abort, .finish: messages.append(.source(.settleUnknown))
        case .read: messages.append(.source(.rowUnreadable))
        case .source(.settled), .source(.rowDiffers): messages.append(.source(.commitUnknown))
        case .source(.rowSeen): messages.append(.source(.rowUnreadable))
        case .targetReads, .target(.rowSeen): messages.append(.target(.rowUnreadable))
        case .base, .seal: messages.append(.source(.targetFailed("cut")))
        case .source, .target: messages.append(message)
        }
    }

    // MARK: The catalog

    private mutating func deliver(_ message: Message) {
        switch message {
        case .commit(let version, let named): commit(version, named)
        case .abort(let version), .finish(let version): settle(version)
        case .read: messages.append(.source(.rowSeen(row)))
        case .targetReads: messages.append(.target(.rowSeen(row)))
        case .source(let event): source(event)
        case .target(let event): toTarget(event)
        case .base(let position): receive(position)
        case .seal(let position): seal(position)
        }
    }

    private mutating func commit(_ version: UInt64, _ named: UInt64) {
        guard row.version == version, row.state == .moving else { return messages.append(.source(.rowDiffers(row))) }
        guard named == incarnation else { return messages.append(.source(.commitRefused)) }
        row.owner = target
        row.epoch = row.epoch.next
        row.version += 1
        messages.append(.source(.settled(row)))
        messages.append(.target(.hint))
    }

    private mutating func settle(_ version: UInt64) {
        guard row.version == version, row.state == .moving else { return messages.append(.source(.rowDiffers(row))) }
        row.state = .stable
        row.target = nil
        row.move = nil
        row.version += 1
        messages.append(.source(.settled(row)))
    }

    private mutating func prepare() {
        guard row.state == .stable, row.version == 1 else {
            return messages.append(.source(.prepareRefused("not stable")))
        }
        row.state = .moving
        row.target = target
        row.move = machine.order.id
        row.version += 1
        arrival = ArrivalMachine(machine.order, version: row.version)
        messages.append(.source(.prepared(row)))
    }

    // MARK: The source

    private mutating func source(_ event: MoveEvent) {
        guard sourceHolds else { return }
        perform(machine.handle(event))
    }

    private mutating func perform(_ action: MoveAction) {
        switch action {
        case .none, .streamTail, .resume, .over, .halt: break
        case .prepare: prepare()
        case .freeze: messages.append(.source(.frozen(sourceDisk)))
        case .copyBase: messages.append(.base(sourceDisk))
        case .awaitTarget(let position) where machine.order.copying == .thenTail: messages.append(.seal(position))
        case .awaitTarget: messages.append(.target(.offered))
        case .parkReads: messages.append(.source(.readsParked))
        case .commit(let version, _): messages.append(.commit(version: version, incarnation: incarnation))
        case .readRow: messages.append(.read)
        case .abortRow(let version, _, _): messages.append(.abort(version: version))
        case .release: messages.append(.source(.released))
        case .finish(let row): messages.append(.finish(version: row.version))
        }
        if action == .streamTail { messages.append(.source(.tailShort)) }
    }

    /// A new process: nothing in memory, a new incarnation, rule R2, then it serves what the row says.
    private mutating func restartSource() {
        incarnation += 1
        if row.owner == source, row.state == .moving { settle(row.version) }
        sourceHolds = false
        messages.removeAll { if case .source = $0 { true } else { false } }
        if row.owner == source {
            machine = MoveMachine(machine.order)
            sourceHolds = true
        }
    }

    // MARK: The target

    private mutating func receive(_ position: MovePosition) {
        guard arrival != nil, targetDisk == nil else { return }
        if arrival!.state == .waiting { toTarget(.offered) }
        guard arrival!.state == .receiving else { return }
        targetDisk = position
        toTarget(.baseReceived)
        if machine.order.copying == .whileFrozen { messages.append(.source(.baseCopied)) }
    }

    /// A target that has answered already is asked once more.
    private mutating func seal(_ position: MovePosition) {
        guard arrival?.state == .following else { return toTarget(.offered) }
        targetDisk = position
        toTarget(.tailSynced(position))
    }

    private mutating func toTarget(_ event: ArrivalEvent) {
        guard var arrival else { return }
        let action = arrival.handle(event)
        self.arrival = arrival
        switch action {
        case .none, .receiveBase, .open, .halt: break
        case .syncBase: messages.append(.target(.baseSynced))
        case .verify where machine.order.copying == .thenTail: messages.append(.target(.baseVerified))
        case .verify: messages.append(.target(.verified(targetDisk!)))
        case .follow: messages.append(.source(.baseCopied))
        case .answer: messages.append(.source(.targetSynced(targetDisk!)))
        case .readRow: messages.append(.targetReads)
        case .persistEpoch, .retryPersist: messages.append(.target(.epochPersisted))
        case .discard: targetDisk = nil
        }
    }

    /// A whole copy survives; half a one does not.
    private mutating func restartTarget() {
        guard let arrival else { return }
        messages.removeAll { message in
            switch message {
            case .target, .targetReads: true
            default: false
            }
        }
        switch arrival.state {
        case .ready(let position), .persisting(let position, _):
            self.arrival = ArrivalMachine(arrival.order, version: arrival.version, synced: position)
            toTarget(.hint)
        case .waiting, .receiving, .syncing, .verifying, .following:
            toTarget(.failed("restarted"))
        case .open, .discarded, .halted: break
        }
    }

    // MARK: What must hold

    private mutating func check() {
        if sourceAnswers, targetServes { failure = "two owners answer" }
        if sourceAnswers, row.epoch > machine.order.epoch { failure = "the source answers under an old epoch" }
        if targetServes, row.owner != target { failure = "the target serves what it does not own" }
        if targetServes, let disk = targetDisk, disk.txid < sourceDisk.txid { failure = "a write was lost" }
        if row.owner == target, targetDisk == nil { failure = "the owner has no copy" }
        if case .halted(let why) = machine.state { failure = "halted: \(why)" }
        if case .halted(let why)? = arrival?.state { failure = "target halted: \(why)" }
    }
}

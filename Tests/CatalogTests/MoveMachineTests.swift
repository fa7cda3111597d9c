import Rebalancing
import Testing
import Vocabulary

private let tenant = TenantID(4711)
private let at7 = MovePosition(txid: TxID(7), checksum: 77)

private func order(_ copying: MoveOrder.Copying) -> MoveOrder {
    MoveOrder(id: "m1", tenant: tenant, source: node("n1"), target: node("n2"), epoch: Epoch(3), copying: copying)
}

private func row(
    _ owner: String = "n1", epoch: UInt64 = 3, version: UInt64 = 10, state: Placement.State = .moving,
    move: String? = "m1"
) -> Placement {
    Placement(
        tenant: tenant, owner: node(owner), epoch: Epoch(epoch), version: version, state: state,
        target: state == .moving ? node("n2") : nil, move: state == .moving ? move : nil)
}

/// A machine that has heard these events.
private func machine(_ copying: MoveOrder.Copying = .whileFrozen, after events: [MoveEvent]) -> MoveMachine {
    var machine = MoveMachine(order(copying))
    for event in events { _ = machine.handle(event) }
    return machine
}

private let granted: [MoveEvent] = [
    .start, .prepared(row()), .frozen(at7), .baseCopied, .targetSynced(at7), .readsParked,
]

@Suite struct MoveMachineTests {
    @Test func `a move with parked writes goes through its steps`() {
        let committed = row("n2", epoch: 4, version: 11)
        let steps: [(MoveEvent, MoveAction, writes: Bool, reads: Bool)] = [
            (.start, .prepare, true, true),
            (.prepared(row()), .freeze, false, true),
            (.frozen(at7), .copyBase, false, true),
            (.baseCopied, .awaitTarget(at7), false, true),
            (.targetSynced(MovePosition(txid: TxID(6), checksum: 1)), .none, false, true),
            (.targetSynced(at7), .parkReads, false, false),
            (.readsParked, .commit(version: 10, at7), false, false),
            (.settled(committed), .release(committed), false, false),
            (.released, .finish(committed), false, false),
            (.settled(row("n2", epoch: 4, version: 12, state: .stable)), .over, false, false),
        ]
        var machine = MoveMachine(order(.whileFrozen))
        for (event, action, writes, reads) in steps {
            #expect(machine.handle(event) == action)
            #expect(machine.servesWrites == writes && machine.servesReads == reads, "after \(event)")
        }
        #expect(machine.state == .moved)
    }

    @Test func `a source that comes late leaves others' moves alone`() {
        let later = [
            row("n2", epoch: 4, version: 12, state: .stable), row("n2", epoch: 4, version: 13, move: "m2"),
            row("n3", epoch: 5, version: 14, move: "m2"), row("n1", epoch: 5, version: 15, state: .stable),
        ]
        for seen in later {
            var machine = machine(after: granted + [.commitUnknown])
            #expect(machine.handle(.rowSeen(seen)) == .release(seen))
            #expect(machine.handle(.released) == .over, "\(seen)")
            #expect(machine.state == .moved)
        }
    }

    @Test func `a move with a tail parks writes only for the last pages`() {
        let steps: [(MoveEvent, MoveAction, writes: Bool)] = [
            (.start, .prepare, true), (.prepared(row()), .copyBase, true), (.baseCopied, .streamTail, true),
            (.tailShort, .freeze, false), (.frozen(at7), .awaitTarget(at7), false),
            (.targetSynced(at7), .parkReads, false),
        ]
        var machine = MoveMachine(order(.thenTail))
        for (event, action, writes) in steps {
            #expect(machine.handle(event) == action)
            #expect(machine.servesWrites == writes, "after \(event)")
        }
    }

    @Test(arguments: 2...5)
    func `before the grant any trouble thaws at once and aborts the row`(steps: Int) {
        let troubles: [MoveEvent] = [.cancel, .timeout, .targetFailed("disk full"), .freezeFailed("held")]
        for trouble in troubles {
            var machine = machine(after: Array(granted.prefix(steps)))
            guard case .abortRow(version: 10, thaw: true, let reason) = machine.handle(trouble) else {
                Issue.record("\(trouble) after \(steps) steps did not abort")
                continue
            }
            #expect(machine.servesWrites && machine.servesReads)
            #expect(machine.handle(.settleUnknown) == .readRow(afterMilliseconds: 100))
            #expect(machine.handle(.rowSeen(row())) == .abortRow(version: 10, thaw: false, reason))
            #expect(machine.handle(.settled(row(version: 11, state: .stable))) == .resume(reason))
            #expect(machine.state == .aborted(reason))
        }
    }

    @Test func `copies that differ abort with both positions`() {
        let other = MovePosition(txid: TxID(7), checksum: 78)
        var machine = machine(after: Array(granted.prefix(4)))
        let reason = MoveAbort.copiesDiffer(source: at7, target: other)
        #expect(machine.handle(.targetSynced(other)) == .abortRow(version: 10, thaw: true, reason))
    }

    @Test func `a target that is ahead of the source is not trusted`() {
        var machine = machine(after: Array(granted.prefix(4)))
        let ahead = MovePosition(txid: TxID(8), checksum: 77)
        guard case .abortRow = machine.handle(.targetSynced(ahead)) else {
            Issue.record("granted to a target that is ahead")
            return
        }
    }

    @Test func `after the grant no timer, cancellation or failure thaws`() {
        for doubt in [[], [MoveEvent.commitUnknown], [.commitRefused], [.commitRefused, .settleUnknown]] {
            var machine = machine(after: granted + doubt)
            for event: MoveEvent in [
                .timeout, .cancel, .targetFailed("gone"), .freezeFailed("x"), .start, .readsParked,
                .targetSynced(at7), .baseCopied, .prepareRefused("x"), .released,
            ] {
                #expect(machine.handle(event) == .none, "\(event)")
                #expect(!machine.servesReads && !machine.servesWrites)
            }
            // A row as prepared, or one that was read before, is no row that differs.
            for seen in [row(), row(version: 9, state: .stable)] {
                _ = machine.handle(.rowSeen(seen))
                #expect(!machine.servesReads && !machine.servesWrites)
            }
        }
    }

    @Test func `a commit in doubt is settled by the row`() {
        var lost = machine(after: granted)
        #expect(lost.handle(.commitUnknown) == .readRow(afterMilliseconds: 50))
        #expect(lost.handle(.rowUnreadable) == .readRow(afterMilliseconds: 100))
        #expect(lost.handle(.rowSeen(row())) == .commit(version: 10, at7))
        let committed = row("n2", epoch: 4, version: 11)
        #expect(lost.handle(.rowDiffers(committed)) == .release(committed))

        var aborted = machine(after: granted + [.commitUnknown])
        #expect(aborted.handle(.rowSeen(row(version: 11, state: .stable))) == .resume(.endedElsewhere))
        #expect(aborted.servesWrites)

        // Gone and come back: the epoch counts, not the owner (R8).
        var returned = machine(after: granted + [.commitUnknown])
        let back = row("n1", epoch: 5, version: 14, state: .stable)
        #expect(returned.handle(.rowSeen(back)) == .release(back))
        #expect(!returned.servesReads)
    }

    @Test func `a source that cannot commit withdraws by compare-and-set and waits for the row`() {
        var machine = machine(after: granted)
        #expect(machine.handle(.commitRefused) == .abortRow(version: 10, thaw: false, .nodesNotUp))
        #expect(machine.handle(.settleUnknown) == .readRow(afterMilliseconds: 50))
        #expect(machine.handle(.rowSeen(row())) == .abortRow(version: 10, thaw: false, .nodesNotUp))
        #expect(!machine.servesReads)
        #expect(machine.handle(.settled(row(version: 11, state: .stable))) == .resume(.nodesNotUp))

        var stubborn = MoveMachineTests.unanswered()
        #expect(stubborn.handle(.rowSeen(row())) == .abortRow(version: 10, thaw: false, .tooSlow("the commit")))
    }

    private static func unanswered() -> MoveMachine {
        machine(
            after: granted + [.commitUnknown, .rowSeen(row()), .commitUnknown, .rowSeen(row()), .commitUnknown])
    }

    @Test func `a catalog that lost commits, or the row, halts`() {
        for events in [Array(granted.prefix(3)), granted] {
            var old = machine(after: events)
            #expect(old.handle(.rowSeen(row(epoch: 2, version: 99))) == .halt(.regressed(found: Epoch(2))))
            #expect(!old.servesReads && !old.servesWrites)
            var gone = machine(after: events)
            #expect(gone.handle(.rowSeen(nil)) == .halt(.rowGone))
        }
    }

    @Test func `a prepare in doubt is settled by the row`() {
        var landed = machine(after: [.start])
        #expect(landed.handle(.rowSeen(row(version: 9, state: .stable))) == .none)
        #expect(landed.handle(.prepareUnknown) == .readRow(afterMilliseconds: 100))
        #expect(landed.handle(.rowSeen(row())) == .freeze)
        var lost = machine(after: [.start, .prepareUnknown])
        guard case .resume(.prepareRefused) = lost.handle(.rowSeen(row(version: 9, state: .stable))) else {
            Issue.record("did not end")
            return
        }
    }

    @Test func `an unheard finish is repeated a few times and then left to the target`() {
        let committed = row("n2", epoch: 4, version: 11)
        var machine = machine(after: granted + [.settled(committed), .released])
        for _ in 1...4 { #expect(machine.handle(.settleUnknown) == .finish(committed)) }
        #expect(machine.handle(.settleUnknown) == .over)
    }
}

@Suite struct ArrivalMachineTests {
    private func ready() -> ArrivalMachine {
        var machine = ArrivalMachine(order(.whileFrozen), version: 10)
        #expect(machine.handle(.offered) == .receiveBase)
        #expect(machine.handle(.baseReceived) == .syncBase)
        #expect(machine.handle(.baseSynced) == .verify)
        #expect(machine.handle(.verified(at7)) == .answer(at7))
        return machine
    }

    @Test func `it opens only on a fresh row and after the epoch is persisted`() {
        var machine = ready()
        #expect(machine.handle(.offered) == .answer(at7))
        #expect(machine.handle(.epochPersisted) == .none)
        #expect(machine.handle(.hint) == .readRow(afterMilliseconds: 0))
        #expect(machine.handle(.rowSeen(row())) == .none)
        #expect(machine.handle(.rowUnreadable) == .readRow(afterMilliseconds: 250))
        #expect(machine.handle(.rowSeen(row("n2", epoch: 4, version: 11))) == .persistEpoch(Epoch(4)))
        #expect(!machine.serves)
        #expect(machine.handle(.timeout) == .none)
        #expect(machine.handle(.epochPersisted) == .open(Epoch(4)))
        #expect(machine.serves)
    }

    @Test func `a copy that was answered for is never dropped on a timer`() {
        var machine = ready()
        for event: ArrivalEvent in [.timeout, .failed("source gone"), .hint] {
            #expect(machine.handle(event) == .readRow(afterMilliseconds: 0))
        }
        #expect(machine.state == .ready(at7))
        var copying = ArrivalMachine(order(.whileFrozen), version: 10)
        _ = copying.handle(.offered)
        guard case .discard = copying.handle(.timeout) else {
            Issue.record("kept half a copy")
            return
        }
    }

    @Test func `half a copy whose move was ended goes as soon as anybody asks`() {
        for events: [ArrivalEvent] in [[.offered], [.offered, .baseReceived], [.offered, .baseReceived, .baseSynced]] {
            var machine = ArrivalMachine(order(.whileFrozen), version: 10)
            for event in events { _ = machine.handle(event) }
            let state = machine.state
            #expect(machine.handle(.hint) == .readRow(afterMilliseconds: 0))
            #expect(machine.handle(.rowUnreadable) == .none)
            #expect(machine.handle(.rowSeen(row())) == .none)
            #expect(machine.state == state)
            guard case .discard = machine.handle(.rowSeen(row(version: 12, move: "m2"))) else {
                Issue.record("it stands in the next one's way")
                return
            }
        }
    }

    @Test func `other rows drop the copy or halt`() {
        let cases: [(Placement?, Bool)] = [
            (row(version: 11, state: .stable), true), (row(version: 12, move: "m2"), true), (nil, true),
            (row("n3", epoch: 4, version: 12), true), (row("n2", epoch: 6, version: 15), true),
            (row(version: 9, state: .stable), false), (row(), false),
        ]
        for (seen, drops) in cases {
            var machine = ready()
            let action = machine.handle(.rowSeen(seen))
            if case .discard = action { #expect(drops) } else { #expect(!drops && action == .none) }
        }
        var machine = ready()
        #expect(machine.handle(.rowSeen(row(epoch: 2))) == .halt(.regressed(found: Epoch(2))))
        var early = ArrivalMachine(order(.whileFrozen), version: 10)
        _ = early.handle(.offered)
        #expect(early.handle(.rowSeen(row("n2", epoch: 4, version: 11))) == .halt(.ownerWithoutCopy))
    }

    @Test func `a restarted target goes on from its synced copy`() {
        var machine = ArrivalMachine(order(.whileFrozen), version: 10, synced: at7)
        #expect(machine.handle(.hint) == .readRow(afterMilliseconds: 0))
        #expect(machine.handle(.rowSeen(row("n2", epoch: 4, version: 11))) == .persistEpoch(Epoch(4)))
    }
}

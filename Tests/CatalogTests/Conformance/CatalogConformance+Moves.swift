import Catalog
import Testing
import Vocabulary

extension CatalogConformance {
    func leases() async throws {
        let id = node("n1")
        let first = try await register(1)[0]
        #expect(first.state == .up && first.incarnation == 1)
        guard
            case .renewed(let renewed) = try await nodes.renew(
                id, incarnation: 1, stopsAtDeadline: true, at: .hours(0))
        else { throw ConformanceFailure(what: "not renewed") }
        #expect(renewed.beat == first.beat + 1)
        // A later process of the same name ends the earlier one's right.
        let second = try await register(1)[0]
        #expect(second.incarnation == 2 && second.beat > renewed.beat)
        let stale = try await nodes.renew(id, incarnation: 1, stopsAtDeadline: true, at: .hours(0))
        #expect(stale == .refused(.otherIncarnation(2)))
        #expect(
            try await nodes.renew(node("n9"), incarnation: 1, stopsAtDeadline: true, at: .hours(0))
                == .refused(.unknownNode))
        // Fencing needs the beat that was observed, and the node's promise.
        _ = try await nodes.renew(id, incarnation: 2, stopsAtDeadline: false, at: .hours(0))
        let beat = second.beat + 1
        #expect(try await !nodes.fence(id, incarnation: 2, beat: beat, reason: "", at: .hours(0)))
        _ = try await nodes.renew(id, incarnation: 2, stopsAtDeadline: true, at: .hours(0))
        #expect(try await !nodes.fence(id, incarnation: 2, beat: beat, reason: "", at: .hours(0)))
        #expect(try await nodes.fence(id, incarnation: 2, beat: beat + 1, reason: "silent", at: .hours(0)))
        #expect(try await nodes.find(id)?.incarnation == 3)
        for incarnation in [UInt64(2), 3] {
            let refused = try await nodes.renew(id, incarnation: incarnation, stopsAtDeadline: true, at: .hours(0))
            #expect(refused == .refused(.fenced("silent")))
        }
        let third = try await register(1)[0]
        #expect(third.state == .up && third.reason == nil && third.incarnation == 4)
        #expect(try await nodes.turn(id, from: .up, to: .draining, at: .hours(0)))
        #expect(try await !nodes.turn(id, from: .up, to: .draining, at: .hours(0)))
        #expect(try await register(1)[0].state == .draining)
        #expect(try await !nodes.leave(id, incarnation: 4, at: .hours(0)))
        #expect(try await nodes.leave(id, incarnation: 5, at: .hours(0)))
        #expect(try await nodes.list().map(\.state) == [.fenced])
    }

    func identities() async throws {
        let (own, foreign) = (Identity(high: 1, low: 2), Identity(high: 3, low: 4))
        func register(_ directory: Identity?, replaces: Bool = false) async throws -> NodeRow {
            try await nodes.register(
                NodeRegistration(id: node("n1"), address: "", directory: directory, replacesDirectory: replaces),
                at: .hours(0))
        }
        // One that did not say which directory it had takes any, once.
        #expect(try await register(nil).directory == nil)
        #expect(try await register(own).directory == own)
        let running = try await register(own)
        #expect(running.incarnation == 3)
        for other in [foreign, nil] {
            await #expect(throws: CatalogError.otherDirectory(node("n1"))) { try await register(other) }
        }
        #expect(try await nodes.find(node("n1")) == running, "whoever runs under that name is not disturbed")
        #expect(try await register(foreign, replaces: true).directory == foreign)
        await #expect(throws: CatalogError.otherDirectory(node("n1"))) { try await register(own) }
    }

    func move() async throws {
        let nodeRows = try await register(2)
        let tenant = try await ready("a")
        let row = try await prepared(tenant, to: "n2", move: "m1")
        #expect(row.state == .moving && row.version == 2 && row.epoch == .first && row.owner == node("n1"))
        #expect(row.target == node("n2") && row.move == "m1")
        #expect(try await placements.find(tenant.id) == row)
        #expect(try await placements.moving(ownedBy: node("n1")) == [row])
        try await moves.progress(
            "m1", state: .tailing, bytes: 4096, lag: 8192, predictedPause: 7, at: .hours(1))
        let behind = try #require(try await moves.find("m1"))
        #expect(behind.lag == 8192 && behind.predictedPause == 7)
        try await moves.progress("m1", state: .frozen, bytes: 4096, at: .hours(1))
        #expect(try await moves.find("m1")?.state == .frozen)

        let outcome = try await placements.commit(commit(row, by: nodeRows[0]), at: .hours(1))
        guard case .committed(let committed) = outcome else { throw ConformanceFailure(what: "\(outcome)") }
        #expect(committed.owner == node("n2") && committed.epoch == Epoch(2) && committed.version == 3)
        // Too late to go back, and the same commit again sees that it is done.
        #expect(try await placements.abort(row, reason: "late", at: .hours(1)) == .differs(committed))
        #expect(try await placements.commit(commit(row, by: nodeRows[0]), at: .hours(1)) == .differs(committed))
        try await moves.progress("m1", state: .copying, bytes: 1, at: .hours(1))
        try await moves.paused("m1", milliseconds: 12, bytes: 4096, at: .hours(1))

        guard case .settled(let stable) = try await placements.finish(committed, at: .hours(2)) else {
            throw ConformanceFailure(what: "not finished")
        }
        #expect(stable == Placement(tenant: tenant.id, owner: node("n2"), epoch: Epoch(2), version: 4))
        let history = try #require(try await moves.find("m1"))
        #expect(history.state == .done && history.bytes == 4096 && history.pause == 12 && history.reason == nil)
        #expect(history.txid == TxID(7) && history.checksum == .max && history.epoch == .first)
        #expect(try await moves.list(tenant: tenant.id) == [history])
        #expect(try await moves.list(before: history).isEmpty)
        #expect(try await placements.counts() == [node("n2"): 1])
    }

    func refusedMoves() async throws {
        let nodeRows = try await register(3)
        let tenant = try await ready("a")
        let (id, version) = (tenant.id, tenant.placement.version)
        func prepare(_ target: String, version: UInt64, of id: TenantID) async throws -> PlacementRows.PrepareOutcome {
            try await placements.prepare(id, version: version, to: node(target), move: "m-\(target)", at: .hours(1))
        }
        #expect(try await prepare("n1", version: version, of: id) == .alreadyThere(tenant.placement))
        #expect(try await prepare("n9", version: version, of: id) == .targetNotUp)
        #expect(try await prepare("n2", version: version + 1, of: id) == .differs(tenant.placement))
        #expect(try await prepare("n2", version: version, of: TenantID(4711)) == .notFound)
        let row = try await prepared(tenant, to: "n2", move: "m1")
        #expect(try await prepare("n3", version: row.version, of: id) == .moveInProgress(row))
        #expect(try await moves.list().count == 1)
        // A fenced target, then another source process: neither commits.
        let target = try #require(try await nodes.find(node("n2")))
        #expect(
            try await nodes.fence(
                target.id, incarnation: target.incarnation, beat: target.beat, reason: "", at: .hours(1)))
        #expect(try await placements.commit(commit(row, by: nodeRows[0]), at: .hours(1)) == .nodesNotUp(row))
        _ = try await register(2)
        #expect(try await placements.commit(commit(row, by: nodeRows[0]), at: .hours(1)) == .nodesNotUp(row))
        #expect(try await placements.find(id) == row)
        guard case .settled(let aborted) = try await placements.abort(row, reason: "no", at: .hours(1)) else {
            throw ConformanceFailure(what: "not aborted")
        }
        #expect(aborted.version == row.version + 1 && aborted.epoch == row.epoch && aborted.owner == node("n1"))
        #expect(try await moves.find("m1")?.state == .aborted)
        #expect(try await moves.find("m1")?.reason == "no")
        #expect(try await placements.abort(row, reason: "again", at: .hours(1)) == .differs(aborted))
        _ = try await tenants.delete(id, at: .hours(2))
        #expect(try await prepare("n2", version: aborted.version, of: id) == .notMovable)
    }

    func restartedSource() async throws {
        let old = try await register(2)[0]
        let tenant = try await ready("a")
        let other = try await ready("b")
        let row = try await prepared(tenant, to: "n2", move: "m1")
        let arrived = try await prepared(other, to: "n2", move: "m2")
        guard case .committed = try await placements.commit(commit(arrived, by: old), at: .hours(1)) else {
            throw ConformanceFailure(what: "not committed")
        }
        // The source restarts while its commit is under way: whichever comes first, the other does nothing.
        _ = try await register(1)
        #expect(try await placements.settleAll(ownedBy: node("n1"), at: .hours(1)) == 1)
        guard case .differs(let now?) = try await placements.commit(commit(row, by: old), at: .hours(1)) else {
            throw ConformanceFailure(what: "an old process committed")
        }
        #expect(now.owner == node("n1") && now.state == .stable && now.epoch == .first)
        #expect(try await moves.find("m1")?.state == .aborted)
        // The target's restart finishes what had arrived.
        #expect(try await placements.settleAll(ownedBy: node("n2"), at: .hours(1)) == 1)
        #expect(try await moves.find("m2")?.state == .done)
        #expect(try await placements.find(other.id)?.owner == node("n2"))
        // A moving tenant is not purged.
        let again = try await prepared(try #require(try await tenants.find(tenant.id)), to: "n2", move: "m3")
        _ = try await tenants.delete(tenant.id, at: .hours(2))
        guard case .moving = try await tenants.beginPurge(tenant.id, ownedBy: node("n1"), at: .hours(2)) else {
            throw ConformanceFailure(what: "purged while moving")
        }
        _ = try await placements.abort(again, reason: "deleted", at: .hours(2))
        guard case .begun = try await tenants.beginPurge(tenant.id, ownedBy: node("n1"), at: .hours(2)) else {
            throw ConformanceFailure(what: "not purged after the move")
        }
    }
}

package import Catalog
package import Seams

/// Registers a node and renews its lease: the loop around `LeaseHolder`.
package struct LeaseKeeper: Sendable {
    /// How the loop ended.
    package enum End: Equatable, Sendable {
        /// The right to serve is lost for good: the process stops, or registers again from the beginning.
        case refused(RenewRefusal)
        case cancelled
    }

    /// A registered node whose renewals have not begun yet.
    package struct Begun: Sendable {
        package let node: NodeRow
        let holder: LeaseHolder
    }

    private let registration: NodeRegistration
    private let nodes: NodeRows
    private let placements: PlacementRows
    private let numbers: LeaseNumbers
    private let right: ServingRight
    private let time: any TimeSource
    private let sleep: Sleep

    package init(
        _ registration: NodeRegistration, store: CatalogStore, numbers: LeaseNumbers, right: ServingRight,
        time: any TimeSource, sleep: @escaping Sleep
    ) {
        self.registration = registration
        nodes = NodeRows(store)
        placements = PlacementRows(store)
        self.numbers = numbers
        self.right = right
        self.time = time
        self.sleep = sleep
    }

    /// Takes a new incarnation, then ends every move that an earlier process of this node had prepared (rule R2), and only
    /// then grants the right to serve.
    ///
    /// - Throws: `CatalogError`; nothing is served then, and it may be called again.
    package func begin() async throws(CatalogError) -> Begun {
        let sent = time.monotonic()
        let node = try await nodes.register(registration, at: time.wall())
        _ = try await placements.settleAll(ownedBy: registration.id, at: time.wall())
        var holder = LeaseHolder(numbers, stopsAtDeadline: registration.stopsAtDeadline)
        apply(holder.renewed(sent: sent, stopsAtDeadline: registration.stopsAtDeadline))
        return Begun(node: node, holder: holder)
    }

    /// Renews until the task is cancelled or a renewal is refused. While the catalog cannot be reached
    /// it keeps asking; meanwhile the right runs out by itself if the node promised so, and comes back with the next renewal.
    ///
    /// - Parameter changed: called with the node's row after each renewal (an operator may be draining it).
    package func run(_ begun: Begun, changed: @Sendable (NodeRow) -> Void) async -> End {
        var holder = begun.holder
        var pause = numbers.renewEvery
        while true {
            do { try await sleep(pause) } catch { return .cancelled }
            apply(holder.willRenew(stopsAtDeadline: registration.stopsAtDeadline))
            let sent = time.monotonic()
            switch await renew(begun.node.incarnation) {
            case .renewed(let node)?:
                apply(holder.renewed(sent: sent, stopsAtDeadline: registration.stopsAtDeadline))
                changed(node)
                let spent = time.monotonic().nanoseconds(since: sent)
                pause = numbers.renewEvery - min(spent, numbers.answerLimit)
            case .refused(let reason)?:
                apply(holder.refused(reason))
                return .refused(reason)
            case nil:
                pause = numbers.missPause
            }
        }
    }

    /// Gives the lease back at the end of an orderly stop; to be called after the last answer.
    ///
    /// - Throws: `CatalogError`; the lease then simply runs out.
    package func leave(_ begun: Begun) async throws(CatalogError) {
        right.revoke()
        _ = try await nodes.leave(begun.node.id, incarnation: begun.node.incarnation, at: time.wall())
    }

    private func apply(_ action: LeaseHolder.Action) {
        switch action {
        case .serve(let until): right.grant(until: until)
        case .stop: right.revoke()
        case .none: break
        }
    }

    /// One renewal, given up after `answerLimit` so that the next one gets its chance.
    ///
    /// - Returns: nil where no answer came.
    private func renew(_ incarnation: UInt64) async -> NodeRows.RenewOutcome? {
        let (nodes, registration, now, sleep, limit) = (nodes, registration, time.wall(), sleep, numbers.answerLimit)
        return await withTaskGroup(of: NodeRows.RenewOutcome?.self) { group in
            group.addTask {
                try? await nodes.renew(
                    registration.id, incarnation: incarnation, stopsAtDeadline: registration.stopsAtDeadline, at: now)
            }
            group.addTask {
                try? await sleep(limit)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}

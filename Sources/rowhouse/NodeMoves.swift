import Catalog
import Cluster
import ControlPlane
import Logging
import Membership
import Movers
import Routing

/// The moves out of this node and into it.
struct NodeMoves: Sendable {
    let desk: MoveDesk
    let service: MoveService
    let arrivals: ArrivalService
    let parked: ParkedRequests

    /// - Returns: nil on a node that stands alone.
    static func make(_ parts: NodeParts, _ begun: LeaseKeeper.Begun) -> NodeMoves? {
        guard let cluster = parts.cluster else { return nil }
        var site = MoveSite(
            residents: parts.residents, parked: parts.parked, cache: parts.cache, store: parts.store,
            incarnation: begun.node.incarnation, peers: MoveCalls(transport: cluster.peers), time: parts.base.time,
            random: parts.base.random, sleep: NodeParts.sleep)
        let (logger, meter) = (parts.base.logger, parts.moveMeter)
        site.notice = { notice in
            meter.note(notice)
            let entry = MoveLogEntry(notice)
            logger.log(level: entry.level, entry.message, metadata: entry.facts)
        }
        let desk = MoveDesk(site)
        return NodeMoves(
            desk: desk,
            service: MoveService(node: parts.base.id, desk: desk, transport: cluster.peers, store: parts.store),
            arrivals: parts.arrivals, parked: parts.parked)
    }
}

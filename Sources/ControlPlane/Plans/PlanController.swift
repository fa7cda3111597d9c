import Balancing
import Catalog
import Contract
import HTTPTypes
import Hummingbird
import Planning
import Seams
import Vocabulary

/// `/v1/plans` and `/v1/rebalancing`: what should move and why, carrying it out, and how far that is.
struct PlanController: Sendable {
    private let maker: PlanMaker
    private let policy: Policy
    private let plans: PlanRows
    private let seat: ControllerRows
    private let time: any TimeSource
    private let isAlone: Bool

    /// - Parameter policy: nil on a node that stands alone: nothing moves.
    init(
        store: CatalogStore, policy: Policy?, rules: PlacementRules, time: any TimeSource, random: any RandomSource
    ) {
        maker = PlanMaker(store: store, rules: rules, time: time, random: random)
        self.policy = policy ?? Policy()
        isAlone = policy == nil
        plans = PlanRows(store)
        seat = ControllerRows(store)
        self.time = time
    }

    func register(on group: RouterGroup<ControlContext>) {
        group.on(PlanOperations.make, do: make)
        group.on(PlanOperations.list, do: list)
        group.on(PlanOperations.show, do: show)
        group.on(PlanOperations.apply, do: apply)
        group.on(PlanOperations.status, do: status)
        group.on(PlanOperations.change, do: change)
    }

    // MARK: Plans

    @Sendable func make(_ request: Request, _ context: ControlContext) async throws -> Response {
        try refuseAlone()
        // An operator's plan balances, whether or not that is also done without asking.
        var policy = policy
        policy.balance.isOn = true
        let made = try maker.plan(try await maker.read(), .whole, policy)
        try await maker.store(made)
        return try JSONText.response(
            .created, PlanObject(made.stored, made.body, []), headers: [.location: "/v1/plans/\(made.stored.id)"])
    }

    @Sendable func list(_ request: Request, _ context: ControlContext) async throws -> Response {
        let limit = try ListQuery(request, for: PlanOperations.list).limit()
        let items = try await plans.list().prefix(limit).map(PlanOutlineObject.init)
        return try JSONText.response(.ok, PageObject(items: items, next: nil))
    }

    @Sendable func show(_ request: Request, _ context: ControlContext) async throws -> Response {
        try JSONText.response(.ok, try await object(try context.parameters.require("id")))
    }

    @Sendable func apply(_ request: Request, _ context: ControlContext) async throws -> Response {
        try refuseAlone()
        let id = try context.parameters.require("id")
        switch try await plans.apply(id, at: time.wall()) {
        case .applying: return try JSONText.response(.accepted, try await object(id))
        case .notFound: throw Self.notFound
        case .expired(let plan):
            throw APIError(
                .planExpired, "the plan expired at \(TimeText.rfc3339(plan.expires)); make a new one")
        }
    }

    private func object(_ id: String) async throws -> PlanObject {
        guard let stored = try await plans.find(id) else { throw Self.notFound }
        return PlanObject(stored, try PlanBody(stored.body), try await plans.outcomes(of: id))
    }

    private static var notFound: APIError {
        APIError.notFound("there is no such plan; the oldest are forgotten. Make one with POST /v1/plans")
    }

    private func refuseAlone() throws(APIError) {
        guard isAlone else { return }
        throw APIError(
            .nodeAlone, "this node stands alone, so nothing moves; with cluster.key-file it and others become a cluster"
        )
    }

    // MARK: Rebalancing

    @Sendable func status(_ request: Request, _ context: ControlContext) async throws -> Response {
        try await answer(try await seat.read())
    }

    @Sendable func change(_ request: Request, _ context: ControlContext) async throws -> Response {
        let body = try await JSONText.decode(RebalancingBody.self, from: request)
        guard let pause = body.pauseFor else { return try await answer(try await seat.read()) }
        let now = time.wall()
        let until = try pause.map { try Self.end(of: $0, from: now) }
        return try await answer(try await seat.pause(until: until, at: now))
    }

    private static func end(of pause: String, from now: WallTime) throws -> WallTime {
        guard let seconds = SpanText.seconds(pause), seconds <= RebalancingBody.longest else {
            throw APIError.badRequest("pauseFor is a whole number with s, m, h or d, such as 2h, up to 30d")
        }
        return WallTime(milliseconds: now.milliseconds + seconds * 1000)
    }

    private func answer(_ row: ControllerRow) async throws -> Response {
        var object: PlanObject?
        if let plan = try await plans.newest() { object = try await self.object(plan.id) }
        return try JSONText.response(
            .ok, RebalancingObject(row: row, isAutomatic: policy.balance.isOn, plan: object, now: time.wall()))
    }
}

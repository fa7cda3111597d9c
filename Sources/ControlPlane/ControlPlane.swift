import Access
package import Balancing
package import Catalog
package import Contract
package import Hummingbird
package import Planning
import Seams

/// The routes of the control plane, put together.
package struct ControlPlane: Sendable {
    package var guards: ControlGuards
    package var tenants: TenantService
    package var tokens: TokenService
    package var store: CatalogStore
    package var flags: FlagBoard
    package var claims: ClaimService
    package var status: NodeStatus
    package var version: VersionObject
    package var metrics: @Sendable () -> String
    /// How the fleet is kept; nil on a node that stands alone.
    package var policy: Policy?
    /// Which nodes may have which tenants.
    package var rules = PlacementRules.none
    /// What `/openapi.json` answers.
    package var document: Document
    /// Further routes, such as calls between nodes; registered before the guards' tokens are asked for.
    package var internalRoutes: @Sendable (Router<ControlContext>) -> Void = { _ in }
    package var guardedRoutes: @Sendable (RouterGroup<ControlContext>) -> Void = { _ in }

    private var time: any TimeSource { tokens.time }

    package init(
        guards: ControlGuards, tenants: TenantService, tokens: TokenService, store: CatalogStore, flags: FlagBoard,
        claims: ClaimService, status: NodeStatus,
        version: VersionObject, metrics: @escaping @Sendable () -> String, document: Document
    ) {
        self.guards = guards
        self.tenants = tenants
        self.tokens = tokens
        self.store = store
        self.flags = flags
        self.claims = claims
        self.status = status
        self.version = version
        self.metrics = metrics
        self.document = document
    }

    /// What an operator can ask for, whatever this node is.
    package static let operations =
        (ProbeOperations.all + TenantOperations.all + NodeOperations.all + MoveOperations.all + PlanOperations.all
        + LoadOperations.all
        + FlagOperations.all
        + AuditOperations.all + KeyOperations.all + ClaimOperations.all + UserOperations.all
        + SessionOperations.all + SignUpOperations.all)
        .map { $0.takesKey ? $0.once : $0 }

    package func router() -> Router<ControlContext> {
        let router = Router(context: ControlContext.self, options: .autoGenerateHeadEndpoints)
        let methods = MethodTable()
        router.add(
            middleware: ErrorMiddleware(
                random: guards.random, proxies: guards.proxies, cors: guards.cors, methods: methods))
        let probes = ProbeController(status: status, version: version, metrics: metrics)
        probes.registerOpen(on: router)
        internalRoutes(router)
        DocumentController(document).register(on: router.group().add(middleware: OriginMiddleware(guards: guards)))
        let guarded = router.group().add(middleware: OriginMiddleware(guards: guards))
            .add(middleware: TokenMiddleware(guards: guards))
        probes.registerGuarded(on: guarded)
        TenantController(service: tenants, tokens: tokens).register(on: guarded)
        NodeController(
            nodes: NodeRows(store), placements: PlacementRows(store), reports: NodeReportRows(store), time: time
        ).register(on: guarded)
        PlanController(store: store, policy: policy, rules: rules, time: time, random: guards.random).register(
            on: guarded)
        LoadController(store: store, time: time).register(on: guarded)
        FlagController(board: flags, time: time).register(on: guarded)
        AuditController(store: store, time: time).register(on: guarded)
        KeyController(service: tokens).register(on: guarded)
        ClaimController(claims).register(on: guarded)
        guardedRoutes(guarded)
        methods.fill(from: router)
        return router
    }
}

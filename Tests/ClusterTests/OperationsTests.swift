import Access
import Accounts
import Catalog
import Contract
import HTTPTypes
import Hummingbird
import Residents
import Routing
import Seams
import Testing
import Vocabulary

@testable import ControlPlane

/// The control plane's routes beside the operations that the API's document is made of.
struct OperationsTests {
    @Test func `what is routed is documented, and what is documented is routed`() async throws {
        let house = try await NodeHouse()
        try await RelayWorld.run { world in
            let routes = Self.plane(house, world).router().routes
            let routed = Set(
                routes.filter { $0.method != .head }.map {
                    "\($0.method.rawValue) /" + $0.path.description.drop { $0 == "/" }
                })
            #expect(routed == Set(ControlPlane.operations.map { "\($0.method) \($0.path)" }))
        }
        try house.stop()
    }

    private static func plane(_ house: NodeHouse, _ world: RelayWorld) -> ControlPlane {
        let verifier = TokenVerifier(keys: SigningKeys(), time: SystemTime())
        let guards = ControlGuards(
            authenticator: Authenticator(admins: .none, verifier: verifier, throttle: AuthThrottle(time: SystemTime())),
            domain: nil, cors: .none, random: SystemRandom())
        let tenants = TenantService(
            store: house.store, residents: house.residents, peers: InternalCalls(transport: world.peers),
            cache: PlacementCache(), time: SystemTime()
        ) { _ in "default" }
        var plane = ControlPlane(
            guards: guards, tenants: tenants,
            tokens: TokenService(store: house.store, verifier: verifier, time: SystemTime(), random: SystemRandom()),
            store: house.store,
            flags: FlagBoard(store: house.store, time: SystemTime(), sleep: { _ in }) { false },
            claims: ClaimService(
                store: house.store, residents: house.residents, transport: nil,
                seal: ClaimSeal(key: RelayWorld.clusterKey), time: SystemTime(), random: SystemRandom(),
                sleep: { _ in }),
            status: NodeStatus(),
            version: VersionObject(version: "0", sqlite: "3", protocol: 1, format: 1), metrics: { "" },
            document: Document(title: "", version: "", text: "", operations: [], schemas: [:]))
        let users = Self.users(house, tenants)
        plane.guardedRoutes = {
            LoneMoveController().register(on: $0)
            users.register(on: $0)
        }
        return plane
    }

    private static func users(_ house: NodeHouse, _ tenants: TenantService) -> UserRoutes {
        let (time, random) = (SystemTime(), SystemRandom())
        let passwords = Passwords(pool: PasswordPool(), logRounds: 10, random: random)
        let cache = SessionCache(capacity: 10, bound: 1, staleFor: 0, time: time)
        let service = UserService(store: house.store, passwords: passwords, cache: cache, time: time)
        let signIn = SignIn(
            store: house.store, passwords: passwords, throttle: AuthThrottle(time: time),
            lifetimes: .init(longest: 1, idle: nil), notes: AccessNotes(time: time), time: time, random: random)
        let signUp = SignUpService(
            rows: SignUpRows(house.store), users: service, tenants: tenants, signIn: signIn,
            open: OpenSignUp(
                throttle: AuthThrottle(time: time),
                creations: CreationLimit(perCaller: 1, perNode: 1, time: time), schemas: [], keys: "*",
                takes: { _ in true }))
        return UserRoutes(service: service, signIn: signIn, signUp: signUp, audit: AuditRows(house.store))
    }

    @Test(arguments: ControlPlane.operations)
    func `a path's parameters are those that its operation describes`(operation: Operation) {
        let named = operation.path.split(separator: "/").filter { $0.hasPrefix("{") }.map { $0.dropFirst().dropLast() }
        let described = operation.parameters.filter { $0.place == .path }.map(\.name)
        #expect(Set(named.map(String.init)) == Set(described))
    }
}

extension Operation: CustomTestStringConvertible {
    public var testDescription: String { id }
}

import Access
import Accounts
import Catalog
import ControlPlane
import Seams
import Settings

/// A node's part in users and their sessions.
struct NodeAccounts: Sendable {
    let cache: SessionCache
    let sessions: CatalogSessions
    let pool = PasswordPool()
    /// Of tenants that are made without an operator.
    let creations: CreationLimit
    private let notes: AccessNotes
    private let base: NodeBase
    private let store: CatalogStore

    init(_ base: NodeBase, store: CatalogStore, notes: AccessNotes) {
        self.notes = notes
        let limits = base.settings.limits
        creations = CreationLimit(perCaller: limits.createsCaller, perNode: limits.createsNode, time: base.time)
        self.base = base
        self.store = store
        let settings = base.settings
        cache = SessionCache(
            capacity: settings.sessions.cache, bound: settings.sessions.revocationBound.nanoseconds,
            staleFor: settings.sessions.staleFor.nanoseconds, time: base.time)
        sessions = CatalogSessions(store: store, time: base.time)
    }

    /// Four looks in the bound: one may be slow, and one may be lost.
    var follower: UserFollower {
        UserFollower(
            store: store, cache: cache, interval: base.settings.sessions.revocationBound.nanoseconds / 4,
            time: base.time, sleep: NodeParts.sleep)
    }

    /// The calls without a credential that the operator has opened.
    var open: Set<OpenCall> {
        var open: Set<OpenCall> = []
        if base.settings.users.openSignIn { open.insert(.signIn) }
        if base.settings.users.openSignUp { open.insert(.signUp) }
        return open
    }

    var passwords: Passwords { Passwords(pool: pool, logRounds: passwordCost, random: base.random) }

    func signUps(_ tenants: TenantService) -> (routes: UserRoutes, service: SignUpService) {
        let service = UserService(store: store, passwords: passwords, cache: cache, time: base.time)
        let signIn = SignIn(
            store: store, passwords: passwords, throttle: AuthThrottle(time: base.time), lifetimes: lifetimes,
            notes: notes, time: base.time, random: base.random)
        let patience = Int64(base.settings.users.signUpTime.nanoseconds / 1_000_000)
        let signUp = SignUpService(
            rows: SignUpRows(store, patience: patience), users: service, tenants: tenants, signIn: signIn,
            open: openSignUp)
        let routes = UserRoutes(service: service, signIn: signIn, signUp: signUp, audit: AuditRows(store))
        return (routes, signUp)
    }

    private var passwordCost: Int {
        #if DEBUG
            if let cost = PasswordCost.asked { return cost }
        #endif
        return base.settings.users.passwordCost
    }

    private var openSignUp: OpenSignUp {
        let users = base.settings.users
        return OpenSignUp(
            throttle: AuthThrottle(time: base.time), creations: creations, schemas: users.signUpSchemas,
            keys: users.signUpKeys.description, takes: { users.signUpKeys.matches($0) })
    }

    private var lifetimes: SignIn.Lifetimes {
        let (longest, idle) = (base.settings.sessions.lifetime, base.settings.sessions.idle)
        return SignIn.Lifetimes(
            longest: Int64(longest.nanoseconds / 1_000_000),
            idle: idle == .zero ? nil : Int64(idle.nanoseconds / 1_000_000))
    }
}

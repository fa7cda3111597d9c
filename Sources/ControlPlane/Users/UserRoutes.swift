package import Accounts
package import Catalog
package import Hummingbird

/// The routes of users, their sessions and sign-ups.
package struct UserRoutes: Sendable {
    private let users: UserController
    private let sessions: SessionController
    private let signUps: SignUpController

    package init(service: UserService, signIn: SignIn, signUp: SignUpService, audit: AuditRows) {
        users = UserController(service: service, audit: audit)
        sessions = SessionController(service: service, signIn: signIn)
        signUps = SignUpController(service: signUp)
    }

    package func register(on group: RouterGroup<ControlContext>) {
        users.register(on: group)
        sessions.register(on: group)
        signUps.register(on: group)
    }
}

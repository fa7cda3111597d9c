/// Users' sessions.
package struct SessionSettings: Sendable, Equatable {
    /// Within which a session that was ended is refused everywhere.
    package var revocationBound = Duration.seconds(1)
    /// For how long beyond the bound sessions are let in while the catalog is silent.
    package var staleFor = Duration.zero
    /// How long one lives at most.
    package var lifetime = Duration.seconds(90 * 86_400)
    /// After which an unused one ends; 0: none ends for want of use.
    package var idle = Duration.seconds(14 * 86_400)
    /// Sessions kept in memory.
    package var cache = 100_000
}

/// Users and how they come in.
package struct UserSettings: Sendable, Equatable {
    /// The binary logarithm of scrypt's N, with r = 8 and p = 3: each step doubles time and memory.
    package var passwordCost = 15
    /// How long a sign-up may take before it is taken back.
    package var signUpTime = Duration.seconds(30)
    /// Whether `POST /v1/sessions` with email and password needs no admin token.
    package var openSignIn = false
    /// Whether `POST /v1/signups` needs no admin token.
    package var openSignUp = false
    /// Which schemas' tenants anybody may make by signing up, and with which keys.
    package var signUpSchemas = ["default"]
    package var signUpKeys = KeyPattern("*")!
}

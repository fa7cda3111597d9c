extension SettingsTable {
    static let users: [Setting] = [
        Setting(
            "users.password-cost", \.users.passwordCost, .count(14...20),
            "Binary logarithm of scrypt's N for passwords: 15 takes some 0.3 s and 32 MiB, each step more doubles both; four are hashed at once."
        ),
        Setting(
            "users.sign-up-time", \.users.signUpTime, .duration(.seconds(1) ... .seconds(600)),
            "A sign-up that is not done after this, because its node died, is taken back: email and key are free again."
        ),
        Setting(
            "users.open-sign-in", \.users.openSignIn, .boolean,
            "Whether anybody may sign in with email and password; else only with an admin token, as an application does."
        ),
        Setting(
            "users.open-sign-up", \.users.openSignUp, .boolean,
            "Whether anybody may sign up; then whoever asks learns which emails are taken."),
        Setting(
            "users.sign-up-schemas", \.users.signUpSchemas,
            .list(.name("a schema's name"), of: "schemas", expected: "a list of schemas such as [default]"),
            "Which schemas' tenants anybody may make by signing up."),
        Setting(
            "users.sign-up-keys", \.users.signUpKeys, .keyPattern,
            "Which keys anybody may take by signing up; * stands for anything."),
        Setting(
            "sessions.revocation-bound", \.sessions.revocationBound, .duration(.milliseconds(100) ... .seconds(3600)),
            "Within this a session that was ended is refused by every node."),
        Setting(
            "sessions.stale-for", \.sessions.staleFor, .duration(.zero ... .seconds(86_400)),
            "For how long beyond that bound a node lets known sessions in while it cannot reach the catalog."),
        Setting(
            "sessions.lifetime", \.sessions.lifetime, .duration(.seconds(1) ... .seconds(3650 * 86_400)),
            "How long a session lives at most, however much it is used."),
        Setting(
            "sessions.idle", \.sessions.idle, .duration(.zero ... .seconds(3650 * 86_400)),
            "An unused session ends after this; 0s: none ends for want of use."),
        Setting(
            "sessions.cache", \.sessions.cache, .count(100...100_000_000),
            "Sessions kept in memory."),
    ]
}

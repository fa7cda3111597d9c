package import Access
import Contract
package import Vocabulary

/// What is asked of sign-ups that come from anybody.
package struct OpenSignUp: Sendable {
    private let throttle: AuthThrottle
    private let creations: CreationLimit
    private let schemas: [String]
    private let keys: String
    private let takes: @Sendable (TenantKey) -> Bool

    /// - Parameters:
    ///   - throttle: its own; each sign-up counts, whatever comes of it.
    ///   - creations: the node's, for all tenants that are made without an operator.
    ///   - schemas: that they may name.
    ///   - keys: what the keys that they may take are like, for people.
    ///   - takes: whether a key is one of those.
    package init(
        throttle: AuthThrottle, creations: CreationLimit, schemas: [String], keys: String,
        takes: @escaping @Sendable (TenantKey) -> Bool
    ) {
        self.throttle = throttle
        self.creations = creations
        self.schemas = schemas
        self.keys = keys
        self.takes = takes
    }

    /// - Throws: `APIError` password_invalid, forbidden.
    func check(_ wanted: SignUpService.Wanted, _ schema: String) throws(APIError) {
        // Without one, whoever knows or guesses an Idempotency-Key would get the user's session.
        guard wanted.password != nil else {
            throw APIError(.passwordInvalid, "a sign-up without a credential has a password")
        }
        guard schemas.contains(schema) else {
            throw APIError(.forbidden, "tenants of this schema are not made by signing up")
        }
        guard takes(wanted.key) else {
            throw APIError(.forbidden, "this key is not to be had by signing up; keys are like \(keys)")
        }
    }

    /// - Throws: `AccessError`, `APIError` rate_limited.
    func count(_ origin: String) throws {
        let subject = AuthThrottle.Subject.address(text: origin)
        try throttle.take(subject)
        if let seconds = creations.take(UInt64(bitPattern: Int64(subject.hashValue))) {
            throw APIError(
                .rateLimited, "too many tenants are being made (limits.creates-caller, limits.creates-node)",
                retryAfter: seconds)
        }
    }
}

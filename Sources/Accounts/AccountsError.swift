/// Why something about a user's account is refused, besides what the catalog says.
package enum AccountsError: Error, Equatable, Sendable {
    case email(EmailFault)
    case password(PasswordFault)
    /// Wrong password, unknown email, disabled user, no password at all: deliberately one case.
    case credentialsInvalid
    /// Too many passwords wait to be hashed; whole seconds.
    case busy(retryAfterSeconds: Int)
    /// Too many failures, by that address or for that email; whole seconds.
    case rateLimited(retryAfterSeconds: Int)
    /// The user is no member of the tenant that the session is to be for.
    case notMember
}

/// What is wrong with a new password.
package enum PasswordFault: Error, Equatable, Sendable, CustomStringConvertible {
    case tooShort
    case tooLong

    package var description: String {
        switch self {
        case .tooShort: "a password has at least \(PasswordText.shortest) characters"
        case .tooLong: "a password has at most \(PasswordText.longest) bytes"
        }
    }
}

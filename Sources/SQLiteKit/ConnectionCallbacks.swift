import CSQLite

/// Watches a running statement.
package protocol ProgressObserver: AnyObject {
    /// Called on the statement's thread; true interrupts it (SQLITE_INTERRUPT).
    func mustStop() -> Bool
}

/// Judges what a statement wants to do, while it is compiled.
package protocol StatementAuthorizer: AnyObject {
    func decide(_ request: AuthorizationRequest) -> AuthorizationDecision
}

package enum AuthorizationDecision: Sendable {
    case allow
    case deny
    /// Columns read as NULL, functions as absent; see SQLite's documentation of SQLITE_IGNORE.
    case ignore
}

/// One question of SQLite's authorizer: action code and its arguments (https://sqlite.org/c3ref/c_alter_table.html).
package struct AuthorizationRequest {
    package let action: Int32
    package let first: UnsafePointer<CChar>?
    package let second: UnsafePointer<CChar>?
    package let database: UnsafePointer<CChar>?
    package let trigger: UnsafePointer<CChar>?
}

/// Formed in a nonisolated context, since SQLite calls them on whatever thread runs a statement.
enum ConnectionCallbacks {
    static let progress: @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { context in
        Unmanaged<Connection>.fromOpaque(context!)._withUnsafeGuaranteedRef { $0.mustStop() ? 1 : 0 }
    }

    static let authorize:
        @convention(c) (
            UnsafeMutableRawPointer?, Int32, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
            UnsafePointer<CChar>?
        ) -> Int32 = { context, action, first, second, database, trigger in
            Unmanaged<Connection>.fromOpaque(context!)._withUnsafeGuaranteedRef {
                $0.decide(
                    AuthorizationRequest(
                        action: action, first: first, second: second, database: database, trigger: trigger))
            }
        }
}

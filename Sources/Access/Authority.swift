/// What a request was found to be allowed on one tenant: handed down with the work, checked at every execution.
package struct Authority: Hashable, Sendable {
    /// `Principal.number`.
    package let principal: UInt64
    package let level: AccessLevel

    package init(principal: UInt64, level: AccessLevel) {
        self.principal = principal
        self.level = level
    }

    package var mayWrite: Bool { level >= .write }

    /// For keys of statement caches: two callers with equal numbers may share a prepared statement, since the rules that
    /// a statement is prepared under depend on the level only.
    package var statementClass: UInt8 { level.rawValue }
}

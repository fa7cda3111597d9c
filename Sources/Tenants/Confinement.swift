import CSQLite
import Glibc
import SQLiteKit
import Seams

/// What tenants' SQL may do: judged while a statement is compiled, whatever it looks like as text.
///
/// It also notes what a statement will need: a connection of its own (transactions, temp objects, session pragmas) or the
/// caller's own counters.
final class Confinement: StatementAuthorizer {
    /// What the last compilation showed.
    struct Findings {
        /// BEGIN, SAVEPOINT, a temp object or a session pragma: state that must not be shared with other callers.
        var needsOwnConnection = false
        /// `changes()`, `total_changes()` or `last_insert_rowid()`.
        var readsCounters = false
        var isInsert = false
        var isChange = false
        /// CREATE, DROP, ALTER and their like: SQLite's counters then still show the statement before.
        var isDefinition = false
        /// Some pragmas act while they are compiled: a second run from a cache would do nothing.
        var isPragma = false
        /// ALTER TABLE, whose new name no question is asked about.
        var isAlteration = false
        /// Where it reads only: it may run aside, on another thread than the tenant's. Not what ends a transaction, nor what
        /// changes the connection.
        var mayRunAside = true
        var transaction: TransactionVerb?
        /// COMMIT, ROLLBACK, RELEASE: what was done before may last from here on, or be undone. SQLite calls them read-only.
        var endsTransaction = false
        /// Something is deleted or dropped …
        var removes = false
        /// … or something is written that was not there, also in a trigger.
        var brings = false
        /// It leaves the database with fewer pages in use, or with as many.
        var givesRoomBack: Bool { removes && !brings }
        /// One that may write. SQLite does not say so of each.
        var isWritingPragma = false
        /// Why it was refused, for people.
        var refusal: String?
        /// Refused only because the caller may not write.
        var lacksWriteRight = false
    }

    enum TransactionVerb: Sendable { case begin, commit, rollback }

    /// Something that stays on the connection was let through, ever. Noted here and not where a statement begins: some
    /// pragmas act while they are compiled, also under EXPLAIN, and also where the compilation then fails.
    private(set) var hasAllowedSessionState = false
    private(set) var rights = Rights.read
    /// Our own tables are open to our own work only.
    private var isOwn = false
    private(set) var findings = Findings()
    /// On a connection shared by callers, what needs one of its own is refused before it can act.
    private let isShared: Bool
    private var compilation: CompilationWatch

    init(isShared: Bool, time: any TimeSource) {
        self.isShared = isShared
        compilation = CompilationWatch(time: time)
    }

    func begin(_ rights: Rights, isOwn: Bool) {
        self.rights = rights
        self.isOwn = isOwn
        findings = Findings()
        compilation.begin()
    }

    /// A statement begins to run: what is refused from now on is refused to what it does inside.
    func beginRunning() {
        findings.refusal = nil
        findings.lacksWriteRight = false
    }

    /// After a compilation of our own in between.
    func restore(_ saved: Findings) { findings = saved }

    func decide(_ request: AuthorizationRequest) -> AuthorizationDecision {
        if isOwn { return note(request) }
        if Connection.isStackShort { return refuse("the statement is nested too deeply") }
        if compilation.takesTooLong() { return refuse("the statement takes too long to compile; split it") }
        switch request.action {
        case SQLITE_ATTACH: return refuse("ATTACH is not allowed: a tenant is one database")
        case SQLITE_DETACH: return refuse("DETACH is not allowed: a tenant is one database")
        case SQLITE_PRAGMA: return decidePragma(request)
        case SQLITE_FUNCTION: return decideFunction(request)
        default: break
        }
        if isTempObject(request.action) {
            if !allowSessionState() { return .deny }
        }
        if let reason = ReservedNames.refusal(of: request) {
            // A plain ANALYZE asks for every table that there is, and SQLite leaves out those it may not.
            return request.action == SQLITE_ANALYZE ? .ignore : refuse(reason)
        }
        if rights == .read, changesData(request), !isTemp(request) {
            findings.lacksWriteRight = true
            return refuse("this credential may only read")
        }
        return note(request)
    }

    private func note(_ request: AuthorizationRequest) -> AuthorizationDecision {
        switch request.action {
        case SQLITE_TRANSACTION:
            findings.mayRunAside = false
            findings.transaction = verb(request.first)
            findings.endsTransaction = findings.transaction != .begin
            if findings.transaction == .begin, !isOwn, !wantOwnConnection() { return .deny }
        case SQLITE_SAVEPOINT:
            findings.mayRunAside = false
            if !isOwn, Self.equal(request.first, "BEGIN"), !wantOwnConnection() { return .deny }
            if Self.equal(request.first, "RELEASE") { findings.endsTransaction = true }
        case SQLITE_INSERT:
            if request.trigger == nil, !Self.equal(request.first, "sqlite_master") { findings.isInsert = true }
            findings.isChange = true
            findings.brings = true
        case SQLITE_UPDATE:
            findings.isChange = true
            // A drop moves other tables' roots there.
            if !Self.equal(request.first, "sqlite_master") { findings.brings = true }
        case SQLITE_DELETE:
            findings.isChange = true
            findings.removes = true
        case SQLITE_ALTER_TABLE:
            (findings.isAlteration, findings.isDefinition) = (true, true)
            findings.brings = true
        case SQLITE_FUNCTION: _ = decideFunction(request)
        default: if Self.isDefinition(request.action) { findings.isDefinition = true }
        }
        return .allow
    }

    private static func isDefinition(_ action: Int32) -> Bool {
        switch action {
        case SQLITE_CREATE_INDEX...SQLITE_CREATE_VIEW, SQLITE_DROP_INDEX...SQLITE_DROP_VIEW,
            SQLITE_ALTER_TABLE...SQLITE_DROP_VTABLE:
            true
        default: false
        }
    }

    /// - Returns: false where the connection is shared, so that the statement must be compiled on another.
    private func wantOwnConnection() -> Bool {
        findings.needsOwnConnection = true
        return !isShared
    }

    /// The same for what stays on the connection.
    private func allowSessionState() -> Bool {
        guard wantOwnConnection() else { return false }
        hasAllowedSessionState = true
        return true
    }

    private func verb(_ text: UnsafePointer<CChar>?) -> TransactionVerb? {
        if Self.equal(text, "BEGIN") { return .begin }
        return Self.equal(text, "COMMIT") ? .commit : .rollback
    }

    private func refuse(_ reason: String) -> AuthorizationDecision {
        if findings.refusal == nil { findings.refusal = reason }
        return .deny
    }

    // MARK: Functions

    private func decideFunction(_ request: AuthorizationRequest) -> AuthorizationDecision {
        guard let name = request.second else { return .allow }
        for counter in ["changes", "total_changes", "last_insert_rowid"] where Self.equal(name, counter) {
            findings.readsCounters = true
            return .allow
        }
        // It begins a transaction of its own.
        if Self.equal(name, "rtreecheck"), !isOwn, !wantOwnConnection() { return .deny }
        for forbidden in ["load_extension", "fts3_tokenizer", "readfile", "writefile", "edit", "sqlite_dbpage"]
        where Self.equal(name, forbidden) && !isOwn {
            return refuse("the function \(forbidden) is not allowed")
        }
        return .allow
    }

    // MARK: Pragmas

    private func decidePragma(_ request: AuthorizationRequest) -> AuthorizationDecision {
        guard let pointer = request.first else { return .deny }
        let name = String(cString: pointer).lowercased()
        findings.isPragma = true
        findings.mayRunAside = PragmaRules.freelyReadable.contains(name)
        let hasArgument = request.second != nil
        if PragmaRules.freelyReadable.contains(name) { return .allow }
        if PragmaRules.readableOnly.contains(name) {
            return hasArgument ? refuse("PRAGMA \(name) can be read but not set") : .allow
        }
        if PragmaRules.session.contains(name) {
            guard hasArgument else { return .allow }
            return allowSessionState() ? .allow : .deny
        }
        if PragmaRules.writing.contains(name) {
            if hasArgument || PragmaRules.writingWithoutArgument.contains(name) { findings.isWritingPragma = true }
            guard hasArgument || name == "incremental_vacuum" else { return .allow }
            guard rights == .write else {
                findings.lacksWriteRight = true
                return refuse("this credential may only read")
            }
            findings.isChange = true
            if name == "incremental_vacuum" { findings.removes = true } else { findings.brings = true }
            return .allow
        }
        return refuse("PRAGMA \(name) is not allowed: the server decides it")
    }

    // MARK: What an action touches

    private func changesData(_ request: AuthorizationRequest) -> Bool {
        switch request.action {
        case SQLITE_READ, SQLITE_SELECT, SQLITE_TRANSACTION, SQLITE_SAVEPOINT, SQLITE_RECURSIVE, SQLITE_FUNCTION: false
        default: true
        }
    }

    private func isTemp(_ request: AuthorizationRequest) -> Bool {
        isTempObject(request.action) || Self.equal(request.database, "temp")
    }

    private func isTempObject(_ action: Int32) -> Bool {
        switch action {
        case SQLITE_CREATE_TEMP_INDEX, SQLITE_CREATE_TEMP_TABLE, SQLITE_CREATE_TEMP_TRIGGER, SQLITE_CREATE_TEMP_VIEW,
            SQLITE_DROP_TEMP_INDEX, SQLITE_DROP_TEMP_TABLE, SQLITE_DROP_TEMP_TRIGGER, SQLITE_DROP_TEMP_VIEW:
            true
        default: false
        }
    }

    private static func equal(_ a: UnsafePointer<CChar>?, _ b: String) -> Bool {
        guard let a else { return false }
        return strcasecmp(a, b) == 0
    }
}

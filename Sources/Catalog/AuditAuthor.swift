import Synchronization

/// On whose behalf the catalog is changed.
///
/// It is the task's, not a parameter: every write of a request, in whatever room, is written down under its author in the
/// same transaction, and no call on the way can forget to hand it on.
package struct AuditAuthor: Sendable {
    @TaskLocal package static var current: AuditAuthor?

    /// The credential's name, never the credential.
    package let actor: String
    /// The client's address.
    package let origin: String
    /// Under which logs and answers know the request.
    package let request: String
    /// What is written where a change does not say itself what it is: the call's name, and what it names; nil for loops of
    /// the node's own, whose routine is not written down.
    let call: Call?

    struct Call: Sendable {
        let action: String
        let subject: String
        let isNoted = Flag()
    }

    /// Set once something of the call has been written down.
    final class Flag: Sendable {
        private let isSet = Atomic<Bool>(false)
        func set() { isSet.store(true, ordering: .relaxed) }
        var value: Bool { isSet.load(ordering: .relaxed) }
    }

    /// Of a request: whatever it changes is written down.
    ///
    /// - Parameters:
    ///   - action: what its first change is called if that does not name itself.
    ///   - subject: likewise, what it is done to.
    package init(actor: String, origin: String, request: String, action: String, subject: String) {
        self.actor = actor
        self.origin = origin
        self.request = request
        call = Call(action: action, subject: subject)
    }

    /// Of a node's own doing: only what names itself is written down.
    package init(actor: String, origin: String = "", request: String = "") {
        self.actor = actor
        self.origin = origin
        self.request = request
        call = nil
    }

    /// Where nobody has said who it is.
    static let system = AuditAuthor(actor: "system")
}

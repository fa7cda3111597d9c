/// A tenant that must leave its node.
struct Leaving: Sendable {
    let tenant: Int
    let source: Int
    let reason: Reason
}

package import Vocabulary

/// Why the engine does not do what it was asked. Nothing was changed where one of these is given before a statement ran.
package enum TenantsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// A bounded queue is full; try again soon.
    case busy(queue: String)
    case notFound(TenantID)
    case alreadyExists(TenantID)
    /// The file is missing, short or wrong; it is never recreated empty.
    case damaged(TenantID, reason: String)
    /// The tenant is being moved or replaced; try again.
    case moving(TenantID)
    case diskFull
    case shuttingDown
    case deadlineExceeded
    /// The journal ended before what was done was durable: nobody knows whether it lasts. Repeat nothing unseen.
    case outcomeUnknown
    /// Whoever asked has left before it was begun.
    case clientLeft
    case templateInvalid(reason: String)
    /// A file operation below failed.
    case storage(String)

    package var description: String {
        switch self {
        case .busy(let queue): "the \(queue) is full; try again in a moment"
        case .notFound(let id): "this node has no tenant \(id)"
        case .alreadyExists(let id): "tenant \(id) is already on this node"
        case .damaged(let id, let reason): "tenant \(id) is damaged: \(reason)"
        case .moving(let id): "tenant \(id) is being moved; try again in a moment"
        case .diskFull: "the disk is full; reads and deletes go on, writes start again when there is room"
        case .shuttingDown: "the node is shutting down"
        case .deadlineExceeded: "the deadline passed before the request was served"
        case .outcomeUnknown: "the node's disk failed meanwhile; whether this lasts is not known"
        case .clientLeft: "the client left before its request was served"
        case .templateInvalid(let reason): "the template cannot be used: \(reason)"
        case .storage(let reason): "a file operation failed: \(reason)"
        }
    }
}

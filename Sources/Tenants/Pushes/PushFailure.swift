/// Why a push is not taken; tenant and history are as they were then.
package enum PushFailure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Not what the protocol sends.
    case malformed(String)
    /// More bytes than one push may have.
    case tooLarge
    /// More changed pages than a transaction may have.
    case transactionTooLarge
    /// What the history has is not what replicas were given.
    case historyDamaged(page: UInt32)
    /// What the tenant would be with it could not be looked at, is damaged, or holds what no tenant may.
    case content(UploadFailure)

    package var description: String {
        switch self {
        case .malformed(let reason): "the push cannot be read: \(reason)"
        case .tooLarge: "the push is larger than one may be"
        case .transactionTooLarge: "the push changes more than a transaction may"
        case .historyDamaged(let page): "what replicas are served from is damaged at page \(page)"
        case .content(let failure): failure.description
        }
    }
}

package import Vocabulary

/// Where the tenants' files are: the room above knows.
package protocol RecoveryLayout: Sendable {
    /// The folder that holds everything below.
    var root: String { get }
    func path(_ tenant: TenantID, _ generation: Generation) -> String
    func templatePath(_ hash: UInt64) -> String
}

/// What recovery found of one tenant that the journal has records of.
package struct RecoveredTenant: Hashable, Sendable {
    package var tenant: TenantID
    /// As of its last record.
    package var state: TenantState
    package var lastLSN: LSN
    /// It has no file any more; files that are still there may be removed.
    package var isDropped: Bool
    /// Set if its file is not what the records say. It must not be served.
    package var damage: TenantDamage?
}

/// What is wrong with one tenant.
package struct TenantDamage: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case missingFile(path: String)
        /// The file has fewer pages than at any time since the recovery point.
        case shortFile(pages: UInt32, atLeast: UInt32)
        case template(hash: UInt64)
        /// The rebuilt page is not what the commit wrote: a foreign edit, a lost sync, a bad disk.
        case pageMismatch
        case malformedRecord
        /// TxIDs of one generation are not dense (rule J7).
        case txidGap(after: TxID, found: TxID)
        case epochWentBack
        case unreadable(String)
    }

    package var tenant: TenantID
    package var lsn: LSN
    package var page: UInt32?
    package var reason: Reason

    package var description: String {
        let place = "tenant \(tenant) is damaged at LSN \(lsn)" + (page.map { ", page \($0)" } ?? "") + ": "
        return switch reason {
        case .missingFile(let path): place + "its file \(path) is missing"
        case .shortFile(let pages, let least): place + "its file has \(pages) pages, at least \(least) were expected"
        case .template(let hash): place + "its template \(String(hash, radix: 16)) is missing or has another size"
        case .pageMismatch: place + "the page does not have the content that its commit wrote"
        case .malformedRecord: place + "the record does not follow the format"
        case .txidGap(let after, let found): place + "TxID \(found) follows \(after)"
        case .epochWentBack: place + "the epoch went back"
        case .unreadable(let error): place + error
        }
    }
}

/// How far recovery is.
package struct RecoveryProgress: Hashable, Sendable {
    package var records: UInt64
    package var totalRecords: UInt64
}

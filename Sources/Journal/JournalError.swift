package import Seams
package import Vocabulary

/// Why the journal cannot be opened or has ended.
package enum JournalError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The disk failed a call that the journal cannot do without. While it runs this is final (rule J6).
    case disk(FileError)
    /// A record is missing that something intact says was durable.
    case damaged(JournalDamage)
    /// A record was read while the journal was opened and cannot be read again. The next start judges what is left.
    case unreadable(LSN)
    /// There are segments and no manifest, or a manifest that is not intact.
    case manifest(String)
    /// The files are of a version that this program does not know.
    case version(UInt32)
    /// The settings contradict each other.
    case options(String)
    /// The journal was closed.
    case closed

    package var description: String {
        switch self {
        case .disk(let error): "the journal's disk failed: \(error)"
        case .damaged(let damage): damage.description
        case .unreadable(let lsn):
            "the journal's record at LSN \(lsn) was read and cannot be read again: its disk is failing"
        case .manifest(let reason): "the journal's manifest \(reason)"
        case .version(let version): "the journal is of format version \(version), which this program does not know"
        case .options(let reason): "the journal's settings: \(reason)"
        case .closed: "the journal is closed"
        }
    }
}

/// The first record that ought to be there and is not.
package struct JournalDamage: Hashable, Sendable, CustomStringConvertible {
    package var lsn: LSN
    /// nil where not even the record's header is intact.
    package var tenant: TenantID?
    /// The highest LSN that something intact says was durable: what is lost at most, from `lsn` on.
    package var durable: LSN

    package var description: String {
        "the journal is damaged at LSN \(lsn)" + (tenant.map { ", a record of tenant \($0)" } ?? "")
            + ": records up to LSN \(durable) were durable; start with --accept-loss to go on without them"
    }
}

/// Why room for a commit cannot be had now. The commit is refused before anything of it is written.
package enum JournalRefusal: Error, Hashable, Sendable {
    /// Too much is waiting to be flushed; try again soon.
    case busy
    /// Every segment holds records that are needed; the checkpointer must advance the recovery point.
    case journalFull
    /// No room on the device for another segment; ends by itself when there is room.
    case diskFull
    /// More than one transaction may take (`JournalOptions.transactionBytes`).
    case tooLarge
    /// The journal has ended or is closed.
    case ended
}

import CSQLite
import Seams

extension FileError {
    /// What SQLite is told when a write failed so.
    var writeCode: Int32 {
        switch self {
        case .full: SQLITE_FULL
        default: SQLITE_IOERR_WRITE_CODE
        }
    }
}

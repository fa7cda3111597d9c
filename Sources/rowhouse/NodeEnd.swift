import Foundation
import Glibc

/// The end of a process that must acknowledge nothing more (rule J6).
enum NodeEnd {
    static func atOnce(_ reason: String) -> Never {
        let text =
            "rowhouse: \(reason); stopping at once, nothing more is acknowledged. Acknowledged commits are in the journal.\n"
        FileHandle.standardError.write(Data(text.utf8))
        _exit(1)
    }
}

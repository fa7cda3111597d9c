import Glibc
import Terminal

/// Ends of the process without ceremony. What was acknowledged is in the journal whenever they come.
enum NodeEnd {
    /// The process must acknowledge nothing more (rule J6).
    static func atOnce(_ reason: String) -> Never {
        say("\(reason); stopping at once, nothing more is acknowledged. Acknowledged commits are in the journal.")
    }

    /// Somebody does not want to wait for the end in order.
    static func impatient() -> Never {
        say("ended at once by a second signal; acknowledged commits are in the journal")
    }

    private static func say(_ text: String) -> Never {
        try? OutputDescriptor.standardError.write("rowhouse: \(text)\n")
        _exit(1)
    }
}

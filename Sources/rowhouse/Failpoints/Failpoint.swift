#if DEBUG
    /// Which call of the process to the disk goes wrong, and how: `journal-sync:7`, `tenant-write:3:torn`,
    /// `manifest-rename:1:after:lose`, `tenant-write:5:mix`.
    ///
    /// Before the colon stand a place and an operation, as ``DiskEvent`` names them, or `any` for either; behind it which of
    /// those calls, from 1 on; then how.
    struct Failpoint: Equatable, Sendable {
        enum Effect: Equatable, Sendable {
            /// The process is killed instead of the call.
            case before
            /// The process is killed when the call has worked.
            case after
            /// Writes only: some of the bytes are written, then the process is killed.
            case torn
            /// The call fails as a broken disk does (EIO).
            case fails
        }

        /// With the process goes the power. What becomes then of what was not synced:
        enum PowerCut: Equatable, Sendable {
            /// All of it is taken back.
            case loses
            /// Any of it, in sectors: the rest had reached the disk, in whatever order.
            case mixes
        }

        var place: String
        var operation: String
        var nth: Int
        var effect = Effect.before
        /// Nil where the power stays: what the kernel has is there.
        var powerCut: PowerCut?

        /// - Returns: nil for text that says no such thing.
        init?(_ text: String) {
            let parts = text.split(separator: ":").map(String.init)
            guard parts.count >= 2, let dash = parts[0].lastIndex(of: "-"), let nth = Int(parts[1]), nth > 0 else {
                return nil
            }
            place = String(parts[0][..<dash])
            operation = String(parts[0][parts[0].index(after: dash)...])
            self.nth = nth
            for word in parts.dropFirst(2) {
                switch word {
                case "after": effect = .after
                case "torn": effect = .torn
                case "eio": effect = .fails
                case "lose": powerCut = .loses
                case "mix": powerCut = .mixes
                default: return nil
                }
            }
        }

        func matches(_ event: DiskEvent) -> Bool {
            (place == event.place || place == "any") && (operation == event.operation || operation == "any")
        }
    }
#endif

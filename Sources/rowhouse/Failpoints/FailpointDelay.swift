#if DEBUG
    import Glibc

    /// Calls of one kind that take longer: `journal-sync:20`, in milliseconds.
    struct FailpointDelay: Sendable {
        private let event: String
        private let milliseconds: UInt32

        /// - Returns: nil for text that says no such thing.
        init?(_ text: String) {
            let parts = text.split(separator: ":")
            guard parts.count == 2, let milliseconds = UInt32(parts[1]), milliseconds <= 10_000 else { return nil }
            event = String(parts[0])
            self.milliseconds = milliseconds
        }

        /// The call waits before anything of it is done.
        func hold(_ event: DiskEvent) { if event.description == self.event { usleep(milliseconds * 1_000) } }
    }
#endif

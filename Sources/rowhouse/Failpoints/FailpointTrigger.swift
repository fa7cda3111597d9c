#if DEBUG
    import Glibc
    import Seams
    import Synchronization

    /// Counts the calls and ends the process at the chosen one.
    final class FailpointTrigger: Sendable {
        private struct State {
            var count = 0
            var isArmed: Bool
            var seen: Set<DiskEvent> = []
        }

        private let failpoint: Failpoint?
        /// Calls count from when this file exists; nil counts all.
        private let arming: String?
        private let names: Bool
        /// Calls that take longer.
        private let delay: FailpointDelay?
        private let unsynced: UnsyncedChanges?
        private let state: Mutex<State>

        init(_ failpoint: Failpoint?, arming: String?, names: Bool, delay: FailpointDelay?, unsynced: UnsyncedChanges?)
        {
            self.failpoint = failpoint
            self.arming = arming
            self.names = names
            self.delay = delay
            self.unsynced = unsynced
            state = Mutex(State(isArmed: arming == nil))
        }

        /// - Throws: where this is the call that fails.
        func willCall(_ event: DiskEvent, _ path: String) throws(FileError) {
            delay?.hold(event)
            switch hit(event) {
            case .before, .torn: die(event, path)
            case .fails: throw fail(event, path)
            case .after, nil: break
            }
        }

        /// - Returns: whether to write only some of the bytes and then `die`.
        func willWrite(_ event: DiskEvent, _ path: String) throws(FileError) -> Bool {
            delay?.hold(event)
            switch hit(event) {
            case .before: die(event, path)
            case .torn: return true
            case .fails: throw fail(event, path)
            case .after, nil: return false
            }
        }

        func didCall(_ event: DiskEvent, _ path: String) {
            guard let failpoint, failpoint.effect == .after, failpoint.matches(event) else { return }
            // Calls on several threads may end in another order than they began: any will do.
            if state.withLock({ $0.count >= failpoint.nth }) { die(event, path) }
        }

        private func hit(_ event: DiskEvent) -> Failpoint.Effect? {
            let (isFirst, count) = state.withLock { state in
                if !state.isArmed, let arming { state.isArmed = access(arming, F_OK) == 0 }
                guard state.isArmed else { return (false, 0) }
                let isFirst = names && state.seen.insert(event).inserted
                guard let failpoint, failpoint.matches(event) else { return (isFirst, 0) }
                state.count += 1
                return (isFirst, state.count)
            }
            if isFirst { FailpointLog.write("saw \(event)") }
            guard let failpoint, count == failpoint.nth else { return nil }
            return failpoint.effect
        }

        private func fail(_ event: DiskEvent, _ path: String) -> FileError {
            FailpointLog.write("failed at \(event) of \(path)")
            return .failed(operation: "\(event)", path: path, errno: EIO)
        }

        func die(_ event: DiskEvent, _ path: String) -> Never {
            FailpointLog.write("killed at \(event) of \(path)")
            guard let unsynced, let powerCut = failpoint?.powerCut else { Self.end() }
            unsynced.takeBack(powerCut == .loses ? .all : .any(), then: Self.end)
        }

        private static func end() -> Never {
            kill(getpid(), SIGKILL)
            while true { pause() }
        }
    }

    enum FailpointLog {
        static func write(_ text: String) {
            let line = Array("failpoint: \(text)\n".utf8)
            _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }
    }
#endif

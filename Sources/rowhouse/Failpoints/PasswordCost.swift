#if DEBUG
    import Foundation

    /// `ROWHOUSE_PASSWORD_COST`: scrypt's cost where a test is about something else; below what a server may be told.
    enum PasswordCost {
        /// nil where nobody says so.
        static let asked: Int? = {
            guard let text = ProcessInfo.processInfo.environment["ROWHOUSE_PASSWORD_COST"], let cost = Int(text),
                1...20 ~= cost
            else { return nil }
            FailpointLog.write("this process has ROWHOUSE_PASSWORD_COST=\(cost); it is for tests only")
            return cost
        }()
    }
#endif

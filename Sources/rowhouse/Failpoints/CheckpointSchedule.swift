#if DEBUG
    import Foundation
    import Tenants

    /// When commits are copied into their files, where a proof wants that at other times than a server does:
    ///
    /// - `ROWHOUSE_CHECKPOINT_LOG`: bytes of a tenant's log that ask for it;
    /// - `ROWHOUSE_CHECKPOINT_PAUSE`: milliseconds between two looks of the checkpointer where nothing asks for it.
    enum CheckpointSchedule {
        static func apply(to start: inout EngineStart) throws {
            if let bytes = try number("ROWHOUSE_CHECKPOINT_LOG") { start.settings.checkpointLogBytes = bytes }
            if let pause = try number("ROWHOUSE_CHECKPOINT_PAUSE") {
                start.settings.checkpointPause = UInt64(pause) * 1_000_000
            }
        }

        private static func number(_ name: String) throws -> Int? {
            guard let text = ProcessInfo.processInfo.environment[name] else { return nil }
            guard let number = Int(text), 1...1_000_000_000 ~= number else {
                throw ServeFailure.config("\(name): \(text) is no number from 1 to 1000000000")
            }
            FailpointLog.write("this process has \(name)=\(number); it is for tests only")
            return number
        }
    }
#endif

import ControlPlane
import Journal
import Logging
import Synchronization

/// Shows how far recovery is: in `/readyz` always, in the log now and then.
final class RecoveryMeter: Sendable {
    private let status: NodeStatus
    private let logger: Logger
    private let shown = Mutex<Int>(0)

    init(status: NodeStatus, logger: Logger) {
        self.status = status
        self.logger = logger
    }

    func note(_ progress: RecoveryProgress) {
        guard progress.totalRecords > 0 else { return }
        let part = Double(progress.records) / Double(progress.totalRecords)
        status.turn(to: .recovering(part))
        let tenth = Int(part * 10)
        let isNew = shown.withLock { last in
            guard tenth > last else { return false }
            last = tenth
            return true
        }
        if isNew {
            logger.info("recovering", metadata: ["records": "\(progress.records)", "of": "\(progress.totalRecords)"])
        }
    }
}

import Foundation
import Processes

/// A PostgreSQL whose commits wait for a standby, which takes over when the first is gone.
final class PostgresWithStandby: @unchecked Sendable {
    // @unchecked: used by one thread at a time.
    private var primary: PostgresServer
    private var standby: PostgresServer
    /// Names both, wherever the primary is.
    let connection: String

    init() throws {
        primary = try PostgresServer()
        standby = try primary.standby(named: "s1")
        let rest = primary.connection.split(separator: " ").dropFirst(2).joined(separator: " ")
        connection = "host=127.0.0.1,127.0.0.1 port=\(primary.port),\(standby.port) \(rest)"
        try waitForStandby()
    }

    private func waitForStandby() throws {
        try primary.configure(["synchronous_standby_names = 's1'"])
        try primary.reload()
    }

    /// Killed, and started again.
    func restart() throws {
        primary.kill()
        try primary.start()
    }

    /// Killed; the standby becomes the primary, and what was the primary its standby.
    func failOver() throws {
        primary.kill()
        try standby.promote()
        swap(&primary, &standby)
        try standby.follow(primary, named: "s1")
        try waitForStandby()
    }
}

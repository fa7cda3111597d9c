import Foundation
import Glibc

/// A network of its own for a process, with two lines to this one's: one that the test uses, and one for the nodes that can
/// be cut. A cut one loses every packet, and says nothing.
package final class NetworkNamespace: Sendable {
    package struct Failure: Error, CustomStringConvertible { package let description: String }

    /// Only root may make one, and not in every container.
    package static let isAvailable = getuid() == 0 && (try? NetworkNamespace()) != nil

    private let name: String
    private let number = UInt16.random(in: 0...0x3fff)

    package init() throws {
        name = "rh\(number)"
        try Self.run(["ip", "netns", "add", name])
        do {
            try Self.run(["ip", "-n", name, "link", "set", "lo", "up"])
            for line in Line.allCases { try make(line) }
        } catch {
            end()
            throw error
        }
    }

    deinit { end() }

    private func end() {
        for line in Line.allCases { _ = try? Self.run(["ip", "link", "del", outer(line)]) }
        _ = try? Self.run(["ip", "netns", "del", name])
    }

    private enum Line: Int, CaseIterable {
        case test
        case nodes
    }

    private func make(_ line: Line) throws {
        try Self.run(["ip", "link", "add", outer(line), "type", "veth", "peer", "name", inner(line), "netns", name])
        try Self.run(["ip", "addr", "add", address(line, 1) + "/30", "dev", outer(line)])
        try Self.run(["ip", "-n", name, "addr", "add", address(line, 2) + "/30", "dev", inner(line)])
        try Self.run(["ip", "link", "set", outer(line), "up"])
        try Self.run(["ip", "-n", name, "link", "set", inner(line), "up"])
    }

    private func outer(_ line: Line) -> String { "\(name)o\(line.rawValue)" }
    private func inner(_ line: Line) -> String { "\(name)i\(line.rawValue)" }

    /// 10.64.0.0/10, four addresses a line.
    private func address(_ line: Line, _ host: Int) -> String {
        "10.\(64 + Int(number >> 8)).\(number & 0xff).\(line.rawValue * 4 + host)"
    }

    /// This process's address on the line that can be cut.
    package var outside: String { address(.nodes, 1) }

    /// For a server in it.
    package var inside: ServerProcess.Place {
        var place = ServerProcess.Place()
        place.listen = "0.0.0.0"
        place.host = address(.test, 2)
        place.advertised = address(.nodes, 2)
        place.prefix = ["ip", "netns", "exec", name]
        return place
    }

    /// A queue without room drops what is sent, both ways.
    package func cut() throws {
        let queue = ["root", "pfifo", "limit", "0"]
        try Self.run(["tc", "qdisc", "replace", "dev", outer(.nodes)] + queue)
        try Self.run(["tc", "-n", name, "qdisc", "replace", "dev", inner(.nodes)] + queue)
    }

    package func heal() throws {
        try Self.run(["tc", "qdisc", "del", "dev", outer(.nodes), "root"])
        try Self.run(["tc", "-n", name, "qdisc", "del", "dev", inner(.nodes), "root"])
    }

    private static func run(_ command: [String]) throws {
        let outcome = try Command.run(command[0], Array(command.dropFirst()))
        guard outcome.status == 0 else {
            throw Failure(description: "\(command.joined(separator: " ")): \(outcome.output)")
        }
    }
}

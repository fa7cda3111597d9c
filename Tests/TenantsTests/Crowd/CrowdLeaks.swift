import CSQLite
import Foundation
import SQLiteKit
import Synchronization

@testable import Tenants

/// What a crowd must not leave behind: measured before the engine starts and after it has ended.
final class CrowdLeaks: Sendable {
    private struct Watched: Sendable {
        weak var object: (any AnyObject & Sendable)?
        let name: String
    }

    private let threads = CrowdLeaks.threadNames
    private let memory = sqlite3_memory_used()
    private let watched = Mutex<[ObjectIdentifier: Watched]>([:])
    private let mostMemory = Mutex<Int64>(0)

    /// Looks later whether it has gone. A database file lives as long as the last connection to it.
    func watch(_ object: any AnyObject & Sendable, _ name: String) {
        watched.withLock { table in
            // An address is used again for the next one.
            if table[ObjectIdentifier(object)]?.object !== object {
                table[ObjectIdentifier(object)] = Watched(object: object, name: name)
            }
        }
    }

    /// Called while it is used.
    func measure() { mostMemory.withLock { $0 = max($0, sqlite3_memory_used()) } }

    /// Threads and tasks are given a while to end: what is told of has stayed.
    func found(in house: CrowdHouse) async -> [String] {
        var left: [String] = []
        for _ in 0..<100 {
            left = look(house)
            if left.isEmpty { return [] }
            try? await Task.sleep(for: .milliseconds(50))
        }
        return left
    }

    private func look(_ house: CrowdHouse) -> [String] {
        var left = watched.withLock { $0.values.filter { $0.object != nil }.map { "\($0.name) is left" } }
        left += Self.descriptors(below: house.directory).map { "\($0) is open" }
        for (name, count) in Self.threadNames where count > threads[name] ?? 0 {
            left.append("\(count) threads \(name), were \(threads[name] ?? 0)")
        }
        let now = sqlite3_memory_used()
        if now > memory { left.append("\(now - memory) bytes of SQLite's are left") }
        return left
    }

    /// Whether SQLite counts its memory in this process: whoever starts it first decides.
    var countsMemory: Bool { mostMemory.withLock { $0 } > 0 }

    private static func descriptors(below directory: String) -> [String] {
        let folder = "/proc/self/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
            .filter { $0.hasPrefix(directory) }
    }

    /// How many threads of each name there are. Those of pools come and go: they are called as the process is, or after
    /// the queue that they serve.
    private static var threadNames: [String: Int] {
        let folder = "/proc/self/task"
        let own = (try? String(contentsOfFile: "/proc/self/comm", encoding: .utf8)) ?? ""
        var found: [String: Int] = [:]
        for number in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            guard let name = try? String(contentsOfFile: "\(folder)/\(number)/comm", encoding: .utf8), name != own,
                !name.contains("-qos")
            else { continue }
            found[name.trimmingCharacters(in: .newlines), default: 0] += 1
        }
        return found
    }
}

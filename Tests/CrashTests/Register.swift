import Foundation
import Processes

/// Tenants that come and go through the control plane, and what is known of each.
final class Register: @unchecked Sendable {
    // @unchecked: an entry belongs to the operator that claimed it; the table is behind the lock.
    enum State: Equatable, Sendable {
        /// Never made, or purged.
        case absent
        /// With so many rows.
        case ready(Int)
        case deleted(Int)
    }

    private struct Entry {
        let key: String
        var state = State.absent
        var doubts: [State] = []
        var isClaimed = false
        /// A key is not given twice: once purged it stays so.
        var isPurged = false
    }

    private let lock = NSLock()
    private var entries: [Entry] = []
    private(set) var events = 0

    /// A tenant that nobody works on and nothing is in doubt of, or a new one.
    func claim(_ pick: Int, new: Bool) -> (key: String, state: State) {
        lock.withLock {
            let free = entries.indices.filter {
                !entries[$0].isClaimed && entries[$0].doubts.isEmpty && !entries[$0].isPurged
            }
            guard !new, !free.isEmpty else {
                entries.append(Entry(key: "guest-\(entries.count)", isClaimed: true))
                return (entries.last!.key, .absent)
            }
            let index = free[pick % free.count]
            entries[index].isClaimed = true
            return (entries[index].key, entries[index].state)
        }
    }

    func release(_ key: String, _ end: (inout State, inout [State]) -> Void) {
        lock.withLock {
            let index = entries.firstIndex { $0.key == key }!
            var entry = entries[index]
            let before = entry.state
            end(&entry.state, &entry.doubts)
            if entry.state != before { events += 1 }
            entry.isClaimed = false
            entry.isPurged = before != .absent && entry.state == .absent
            entries[index] = entry
        }
    }

    /// Compares every tenant with what it must be, and settles what was in doubt.
    ///
    /// - Returns: what is wrong.
    func check(port: Int) throws -> [String] {
        let wire = try Wire(port: port)
        var wrong: [String] = []
        for index in entries.indices {
            let entry = entries[index]
            let found: State
            do {
                found = try Self.look(entry.key, wire)
            } catch let error as Surprise {
                wrong.append("\(entry.key), \(entry.state) or \(entry.doubts): \(error.text)")
                continue
            }
            if !([entry.state] + entry.doubts).contains(found) {
                wrong.append("\(entry.key) is \(found), acknowledged was \(entry.state), in doubt \(entry.doubts)")
            }
            let isPurged = entry.isPurged || (found == .absent && entry.state != .absent)
            entries[index] = Entry(key: entry.key, state: found, isPurged: isPurged)
        }
        return wrong
    }

    private struct Surprise: Error { let text: String }

    private static func look(_ key: String, _ wire: Wire) throws -> State {
        let answer = try wire.send("GET", "/v1/tenants/\(key)")
        if answer.status == 404 { return .absent }
        switch answer.object["state"] as? String {
        case "ready": return .ready(try rows(key, wire))
        case "deleted":
            // What can be brought back is brought back, to see that it is whole.
            guard try wire.send("POST", "/v1/tenants/\(key)/undelete").status == 200 else {
                throw Surprise(text: "it is deleted and does not come back")
            }
            let count = try rows(key, wire)
            guard try wire.send("DELETE", "/v1/tenants/\(key)").status == 202 else {
                throw Surprise(text: "it is not deleted again")
            }
            return .deleted(count)
        default: throw Surprise(text: answer.text)
        }
    }

    private static func rows(_ key: String, _ wire: Wire) throws -> Int {
        let answer = try wire.send(
            "POST", "/t/\(key)/v3/pipeline",
            HranaText.pipeline([
                HranaText.execute("SELECT count(*), coalesce(max(id), 0), min(v = 'guest') FROM t"),
                HranaText.execute("PRAGMA integrity_check"),
            ]))
        guard let row = answer.rows()?.first, let count = row[0].flatMap({ Int($0) }), row[1] == row[0],
            row[2] == "1" || count == 0, answer.rows(1) == [["ok"]]
        else { throw Surprise(text: "\(answer.status) \(answer.text.prefix(300))") }
        return count
    }
}

import Foundation
import Processes

/// Writers of one tenant through both nodes, each with numbers of its own, and what became of each number.
final class MoveLedger: @unchecked Sendable {
    // @unchecked: everything is behind the lock.
    let name: String
    private let pair: CrashPair
    private let lock = NSLock()
    private let group = DispatchGroup()
    private var isStopped = true
    private var next = 0
    private var acknowledged: Set<Int> = []
    private var doubts: Set<Int> = []
    /// Refused: must not be there.
    private(set) var refusals: [String: Int] = [:]

    /// - Parameter megabytes: of a table that nobody writes; a tenant of more than one is copied beside its writes.
    init(_ name: String, _ pair: CrashPair, megabytes: Int = 0) throws {
        self.name = name
        self.pair = pair
        try pair.create(name)
        guard megabytes > 0 else { return }
        let statements =
            ["CREATE TABLE large (body)"]
            + (0..<megabytes).map { _ in "INSERT INTO large VALUES (randomblob(1000000))" }
        let answer = try Wire(port: pair.first.port).send(
            "POST", "/t/\(name)/v3/pipeline", HranaText.pipeline(statements.map { HranaText.execute($0) }))
        guard answer.status == 200, answer.rows() != nil else {
            throw CrashPair.Unanswered(what: "\(name) cannot be filled: \(answer.text)")
        }
    }

    var count: Int { lock.withLock { acknowledged.count } }

    func start(writers: Int, pause: UInt32 = 0) {
        lock.withLock { isStopped = false }
        for number in 0..<writers {
            group.enter()
            Thread { [self] in
                let port = pair.ports[number % 2]
                while !lock.withLock({ isStopped }) {
                    write(port, pause)
                    usleep(20_000)
                }
                group.leave()
            }.start()
        }
    }

    func stop() {
        lock.withLock { isStopped = true }
        group.wait()
    }

    /// Until the connection breaks.
    private func write(_ port: Int, _ pause: UInt32) {
        guard let wire = try? Wire(port: port) else { return }
        while let value = take() {
            let insert = HranaText.execute("INSERT INTO m VALUES (\(value), zeroblob(\(value % 7 == 0 ? 9_000 : 10)))")
            let answer = try? wire.send("POST", "/t/\(name)/v3/pipeline", HranaText.pipeline([insert]))
            note(value, answer)
            if answer == nil { return }
            if pause > 0 { usleep(pause) }
        }
    }

    private func take() -> Int? {
        lock.withLock {
            next += 1
            return isStopped ? nil : next
        }
    }

    private func note(_ value: Int, _ answer: Wire.Answer?) {
        lock.withLock {
            if let answer, answer.status == 200, answer.rows() != nil {
                acknowledged.insert(value)
            } else if answer == nil || answer?.status == 504 || answer!.text.contains("outcome_unknown") {
                doubts.insert(value)
            } else {
                refusals["\(answer!.status) \(answer!.text.prefix(120))", default: 0] += 1
            }
        }
    }

    private static func numbers(_ answer: Wire.Answer) -> String? {
        guard answer.rows(1) == [["ok"]], let row = answer.rows()?.first else { return nil }
        return row[0] ?? ""
    }

    /// Asks both nodes. Nobody may be writing.
    ///
    /// - Returns: what is wrong.
    func check() throws -> [String] {
        var wrong: [String] = []
        for node in ["n1", "n2"] {
            let text = HranaText.pipeline([
                HranaText.execute("SELECT group_concat(v, ' ') FROM m"), HranaText.execute("PRAGMA integrity_check"),
            ])
            let rows = try pair.ask("POST", "/t/\(name)/v3/pipeline", text, at: node, accept: Self.numbers)
            let found = rows.split(separator: " ").compactMap { Int($0) }
            let once = Set(found)
            let (acknowledged, doubts) = lock.withLock { (self.acknowledged, self.doubts) }
            if once.count != found.count { wrong.append("\(found.count - once.count) writes are there twice") }
            let lost = acknowledged.subtracting(once).sorted()
            if !lost.isEmpty { wrong.append("\(lost.count) acknowledged writes are lost, such as \(lost.prefix(5))") }
            let extra = once.subtracting(acknowledged).subtracting(doubts).sorted()
            if !extra.isEmpty { wrong.append("\(extra.count) refused writes are there, such as \(extra.prefix(5))") }
            // What was in doubt is settled now.
            lock.withLock {
                self.acknowledged.formUnion(once)
                self.doubts = []
            }
        }
        return wrong.map { "\(name): \($0)" }
    }
}

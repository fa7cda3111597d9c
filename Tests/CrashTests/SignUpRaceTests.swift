import Foundation
import Processes
import Testing

/// Sign-ups racing for few emails from both nodes, while nodes are killed at calls of the disk in the midst of them, and
/// PostgreSQL where it has the catalog.
///
/// The normal suite runs a few rounds; `ROWHOUSE_SWEEP=1` runs a hundred thousand sign-ups.
@Suite(.serialized) struct SignUpRaceTests {
    static let isWhole = ProcessInfo.processInfo.environment["ROWHOUSE_SWEEP"] != nil

    @Test(.timeLimit(.minutes(isWhole ? 240 : 5)))
    func `of racing sign-ups exactly one wins, and nothing is left of the others`() throws {
        let race = try SignUpRace(CrashPair(SignUpRace.settings))
        try race.run([
            .none, .node("n1", "journal-sync:7"), .node("n2", "journal-sync:3:after"),
            .node("n1", "journal-sync:16:after"), .node("n2", "journal-sync:1"), .node("n1", "journal-sync:30:lose"),
        ])
    }

    @Test(
        .enabled(if: PostgresServer.isInstalled, "PostgreSQL's server (package postgresql) is not installed"),
        .timeLimit(.minutes(isWhole ? 240 : 5)))
    func `the same with PostgreSQL killed, and its standby taking over`() throws {
        let servers = try PostgresWithStandby()
        let pair = try CrashPair(SignUpRace.settings, postgres: servers.connection)
        let race = try SignUpRace(pair)
        try race.run([
            .postgres("restarts", servers.restart), .postgres("fails over", servers.failOver),
            .node("n2", "journal-sync:2:after"),
        ])
    }
}

/// Two nodes, and many who want the same emails.
final class SignUpRace: @unchecked Sendable {
    // @unchecked: what threads share is behind the lock.

    /// What befalls them in a round.
    enum Accident: @unchecked Sendable {
        // @unchecked: the closure is called by one thread.
        case none
        case node(String, String)
        case postgres(String, () throws -> Void)
    }

    static let settings = ["users.sign-up-time=2s"]

    private static let threads = 12
    private static let attemptsEach = SignUpRaceTests.isWhole ? 40 : 3

    private let pair: CrashPair
    private let lock = NSLock()
    private var attempts = 0
    private var winners = 0
    private var unknown = 0
    private var deaths = 0
    private var wrong: [String] = []
    /// Users that somebody was told of, by email.
    private var told: [String: Set<String>] = [:]

    private let filesBefore: Int

    init(_ pair: CrashPair) throws {
        self.pair = pair
        filesBefore = try pair.ports.reduce(0) { try $0 + Self.files(at: $1) }
    }

    /// One round with each accident; as a sweep over and over, nodes dying elsewhere each time.
    func run(_ accidents: [Accident]) throws {
        var round = 0
        repeat {
            var accident = accidents[round % accidents.count]
            if SignUpRaceTests.isWhole, round >= accidents.count, case .node(let node, _) = accident {
                accident = .node(
                    node, "journal-sync:\(Int.random(in: 1...60))\(["", ":after", ":lose"].randomElement()!)")
            }
            try run(round: round, emails: round % 3 == 0 ? 1 : 4, accident)
            round += 1
            if SignUpRaceTests.isWhole {
                print("round \(round): \(attempts) sign-ups, \(deaths) deaths, \(wrong.count) wrong")
            }
        } while SignUpRaceTests.isWhole ? attempts < 100_000 : round < accidents.count
        try checkFiles()
        #expect(wrong.isEmpty, "\(wrong.joined(separator: "\n"))")
        #expect(winners > 0)
        print(
            "racing sign-ups: \(attempts), \(winners) emails with one winner each, \(unknown) without an answer, "
                + "\(round) rounds, \(deaths) deaths")
    }

    private func run(round: Int, emails: Int, _ accident: Accident) throws {
        let names = (0..<emails).map { "e\(round)-\($0)@x.org" }
        if case .node(let node, let failpoint) = accident { try pair.restart(node, failingAt: failpoint) }
        pair.arm()
        let group = DispatchGroup()
        for thread in 0..<Self.threads {
            group.enter()
            Thread {
                self.work(round, thread, names)
                group.leave()
            }.start()
        }
        if case .postgres(let what, let happen) = accident {
            usleep(.random(in: 20_000...400_000))
            do { try happen() } catch { throw CrashPair.Unanswered(what: "PostgreSQL \(what): \(error)") }
            deaths += 1
        }
        group.wait()
        // Also one that did not come so far as to fail: it is not to do so later.
        if case .node(let node, _) = accident {
            if !pair.nodes[node]!.server.isRunning { deaths += 1 }
            try pair.restart(node, failingAt: nil)
        }
        try pair.mend()
        try settle(round, names)
        try check(names)
    }

    private func work(_ round: Int, _ thread: Int, _ names: [String]) {
        for attempt in 0..<Self.attemptsEach {
            let email = names[(thread + attempt) % names.count]
            let port = pair.ports[(thread + attempt) % 2]
            let answer = try? signUp(
                email, "t\(round)-\(thread)-\(attempt)", port, key: "\(round)-\(thread)-\(attempt)")
            note(email, answer)
        }
    }

    private func signUp(_ email: String, _ tenant: String, _ port: Int, key: String) throws -> Wire.Answer {
        try Wire(port: port).send(
            "POST", "/v1/signups", "{\"email\":\"\(email)\",\"tenant\":{\"key\":\"\(tenant)\"}}",
            headers: ["Idempotency-Key": key])
    }

    private func note(_ email: String, _ answer: Wire.Answer?) {
        lock.withLock {
            attempts += 1
            switch answer?.status {
            case 201?:
                let user = (answer?.object["user"] as? [String: Any])?["id"] as? String ?? ""
                told[email, default: []].insert(user)
            case 409?: break
            case nil, 503?, 504?, 500?: unknown += 1
            default: wrong.append("\(email): \(answer?.status ?? 0) \(answer?.text ?? "")")
            }
        }
    }

    /// Until every email has its user: whatever a crash left is finished or taken back, and then somebody wins.
    private func settle(_ round: Int, _ names: [String]) throws {
        for (index, email) in names.enumerated() {
            var attempt = 0
            _ = try pair.ask("POST", "/v1/users?dry-run=true", "{\"email\":\"\(email)\"}") { answer -> Bool? in
                guard !answer.text.contains("email_pending") else { return nil }
                if answer.status == 204 {
                    attempt += 1
                    let again = try? self.signUp(
                        email, "last\(round)-\(index)-\(attempt)", self.pair.first.port, key: UUID().uuidString)
                    self.note(email, again)
                    return nil
                }
                return answer.text.contains("email_taken") ? true : nil
            }
        }
    }

    // MARK: What must be so

    private func check(_ names: [String]) throws {
        let users = try all("/v1/users")
        var owned: Set<String> = []
        for email in names {
            let found = users.filter { $0["email"] as? String == email }
            let ids = Set(found.compactMap { $0["id"] as? String })
            if ids.count != 1 { wrong.append("\(email) has \(ids.count) users") }
            let told = told[email] ?? []
            if !told.isSubset(of: ids) { wrong.append("\(email): told of \(told), there is \(ids)") }
            winners += ids.count
            for id in ids { owned.formUnion(try memberships(id)) }
        }
        // Once the sweeper was there, every tenant of this round is a user's, and ready.
        let prefixes = ["t", "last"].map { $0 + names[0].dropFirst(1).prefix { $0 != "-" } + "-" }
        var orphans: [String] = []
        for _ in 0..<100 {
            orphans = try all("/v1/tenants").filter { tenant in
                let key = tenant["key"] as? String ?? ""
                let isOurs = prefixes.contains { key.hasPrefix($0) }
                return isOurs && (!owned.contains(key) || tenant["state"] as? String != "ready")
            }.map { "\($0["key"] ?? "") is \($0["state"] ?? "")" }
            if orphans.isEmpty { break }
            usleep(200_000)
        }
        wrong += orphans.map { "orphan: \($0)" }
        if owned.count != names.count { wrong.append("\(names.count) users have \(owned.count) tenants") }
    }

    /// What was made for sign-ups that came to nothing is dropped by whoever made it.
    private func checkFiles() throws {
        let named = try all("/v1/tenants").count
        var files = -1
        for _ in 0..<150 {
            files = try pair.ports.reduce(0) { try $0 + Self.files(at: $1) } - filesBefore
            if files == named { return }
            usleep(200_000)
        }
        wrong.append("\(named) tenants have \(files) files")
    }

    /// Of tenants, with those that are the node's own.
    private static func files(at port: Int) throws -> Int {
        let page = try Wire(port: port).send("GET", "/metrics").text
        let line = page.split(separator: "\n").first { $0.hasPrefix("rowhouse_tenants ") }
        return line.flatMap { Int($0.split(separator: " ")[1]) } ?? -1
    }

    private func memberships(_ id: String) throws -> Set<String> {
        let user = try pair.ask("GET", "/v1/users/\(id)") { $0.status == 200 ? $0.object : nil }
        let list = user["memberships"] as? [[String: Any]] ?? []
        return Set(list.compactMap { $0["tenant"] as? String })
    }

    private func all(_ path: String) throws -> [[String: Any]] {
        var items: [[String: Any]] = []
        var cursor: String?
        repeat {
            let page = try pair.ask("GET", "\(path)?limit=1000" + (cursor.map { "&cursor=\($0)" } ?? "")) {
                $0.status == 200 ? $0.object : nil
            }
            items += page["items"] as? [[String: Any]] ?? []
            cursor = page["next"] as? String
        } while cursor != nil
        return items
    }
}

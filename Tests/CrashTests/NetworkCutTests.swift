import Foundation
import Processes
import Testing

/// The line between a node and the catalog is cut at every step of what needs both. Nobody waits for ever, nothing is done
/// twice, and nothing stays half done.
///
/// The normal suite cuts at a few moments; `ROWHOUSE_SWEEP=1` at every millisecond.
@Suite(
    .serialized, .enabled(if: NetworkNamespace.isAvailable, "making a network needs root, ip and tc"))
struct NetworkCutTests {
    static let isWhole = ProcessInfo.processInfo.environment["ROWHOUSE_SWEEP"] != nil

    /// Milliseconds from the first request to the cut, and how long it lasts: longer and shorter than a sign-up may take.
    static let cuts: [(after: Int, lasts: Int)] =
        (isWhole ? Array(0..<60) : [1, 8, 16]).map { ($0, $0 % 3 == 0 ? 3_000 : 1_200) }

    static var catalogs: [NetworkPair.Catalog] {
        NetworkPair.Catalog.allCases.filter { $0 == .remote || PostgresServer.isInstalled }
    }

    @Test(.timeLimit(.minutes(isWhole ? 60 : 5)), arguments: catalogs) func `sign-ups and claims`(_ catalog: NetworkPair.Catalog) throws {
        let pair = try NetworkPair(catalog, ["users.sign-up-time=2s"])
        try signUps(pair)
        try claims(pair)
    }

    // MARK: Sign-ups

    private func signUps(_ pair: NetworkPair) throws {
        for (number, cut) in Self.cuts.enumerated() {
            let waitUntilHealed = pair.cut(after: .init(cut.after * 1_000), for: .init(cut.lasts * 1_000))
            let started = Date()
            let first = try signUp(number, pair)
            #expect(Date().timeIntervalSince(started) < 15, "\(cut)")
            #expect([201, 409, 503, 504].contains(first.status), "\(cut): \(first.status) \(first.text)")
            if first.status == 503 { #expect(first.headers["retry-after"] != nil, "\(first.text)") }
            try waitUntilHealed()
            let last = try repeated {
                try signUp(number, pair)
            } until: {
                $0.status == 201
            }
            #expect(last.status == 201, "\(cut): \(last.text)")
        }
        let names = Set(Self.cuts.indices.map { "t\($0)" })
        let tenants = try repeated {
            try pair.send("GET", "/v1/tenants?limit=1000", at: 0)
        } until: {
            Set(Self.ready($0)) == names && Self.items($0).count == names.count
        }
        #expect(Set(Self.ready(tenants)) == names, "\(tenants.text)")
        #expect(Self.items(tenants).count == names.count, "\(tenants.text)")
        let users = Self.items(try pair.send("GET", "/v1/users?limit=1000", at: 1))
        #expect(users.count == names.count && Set(users.compactMap { $0["email"] as? String }).count == names.count)
    }

    private func signUp(_ number: Int, _ pair: NetworkPair) throws -> Wire.Answer {
        try pair.send(
            "POST", "/v1/signups", "{\"email\":\"e\(number)@x.org\",\"tenant\":{\"key\":\"t\(number)\"}}", at: 1,
            key: "k\(number)")
    }

    private static func ready(_ answer: Wire.Answer) -> [String] {
        items(answer).filter { $0["state"] as? String == "ready" }.compactMap { $0["key"] as? String }
    }

    private static func items(_ answer: Wire.Answer) -> [[String: Any]] {
        answer.object["items"] as? [[String: Any]] ?? []
    }

    /// - Returns: the last answer, also where it is not what was waited for.
    private func repeated(
        _ ask: () throws -> Wire.Answer, until isDone: (Wire.Answer) -> Bool
    ) throws -> Wire.Answer {
        var answer = try ask()
        for _ in 0..<200 where !isDone(answer) {
            usleep(100_000)
            answer = try ask()
        }
        return answer
    }

    // MARK: Claims

    /// Each is reserved, written and confirmed as far as that goes without repeating anything, and left to the sweeper then.
    private func claims(_ pair: NetworkPair) throws {
        let tenants = ["t0", "t1", "t2"]
        for tenant in tenants {
            let made = try pair.send("POST", "/t/\(tenant)/query", #"{"sql":"CREATE TABLE s (v)"}"#, at: 1)
            #expect(made.status == 200, "\(made.text)")
        }
        var acknowledged: [String: String] = [:]
        for (number, cut) in Self.cuts.enumerated() {
            let tenant = tenants[number % tenants.count]
            let waitUntilHealed = pair.cut(after: .init(cut.after * 1_000), for: .init(cut.lasts * 1_000))
            if let written = try claim("v\(number)", for: tenant, pair) { acknowledged["v\(number)"] = written }
            try waitUntilHealed()
        }
        for number in Self.cuts.indices {
            let tenant = tenants[number % tenants.count]
            let claim = try repeated {
                try pair.send("GET", "/v1/claims/slug/v\(number)", at: 1)
            } until: {
                $0.status == 404 || $0.object["state"] as? String == "confirmed"
            }
            let rows = try pair.send("POST", "/t/\(tenant)/query", #"{"sql":"SELECT v FROM s"}"#, at: 1)
            let values = (rows.object["rows"] as? [[String]] ?? []).flatMap { $0 }.filter { $0 == "v\(number)" }
            let isConfirmed = claim.object["state"] as? String == "confirmed"
            #expect(values.count == (isConfirmed ? 1 : 0), "v\(number): \(claim.text), \(values)")
            if acknowledged["v\(number)"] != nil { #expect(isConfirmed, "v\(number) was written") }
        }
    }

    /// - Returns: the tenant, where the write was acknowledged.
    private func claim(_ value: String, for tenant: String, _ pair: NetworkPair) throws -> String? {
        let path = "/v1/claims/slug/\(value)"
        let reserved = try pair.send("PUT", path, "{\"tenant\":\"\(tenant)\",\"ttl\":\"1s\"}", at: 1, key: value)
        #expect([201, 503, 504].contains(reserved.status), "\(reserved.text)")
        guard let token = reserved.object["token"] as? String else { return nil }
        let written = try pair.send(
            "POST", "/t/\(tenant)/query", "{\"sql\":\"INSERT INTO s VALUES ('\(value)')\"}", at: 1, claim: token)
        // A claim that ran out meanwhile refuses the write, which is as good.
        #expect([200, 409, 503, 504].contains(written.status), "\(written.text)")
        let confirmed = try pair.send("PUT", path, "{\"token\":\"\(token)\",\"confirm\":true}", at: 1)
        #expect([200, 409, 503, 504].contains(confirmed.status), "\(confirmed.text)")
        return written.status == 200 ? tenant : nil
    }
}

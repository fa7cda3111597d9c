import Foundation
import Processes
import Testing

/// What a scraper reads from a node.
@Suite(.serialized) struct MetricsTests {
    private func scrape(_ wire: Wire) throws -> PrometheusText {
        let answer = try wire.send("GET", "/metrics")
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "text/plain; version=0.0.4")
        return try PrometheusText(answer.text)
    }

    private func value(_ page: PrometheusText, _ name: String, _ labels: [String: String] = [:]) -> Double {
        page.samples[.init(name: name, labels: labels)] ?? 0
    }

    @Test func `the numbers tell what has happened`() throws {
        let siege = try Siege()
        let wire = try siege.connect()
        let before = try scrape(wire)
        for name in [
            "rowhouse_commits_total", "rowhouse_requests_total", "rowhouse_request_seconds",
            "rowhouse_journal_flush_seconds",
            "rowhouse_journal_bytes", "rowhouse_durable_lsn", "rowhouse_open_tenants", "rowhouse_lane_queue_length",
            "rowhouse_moves_total", "rowhouse_move_pause_seconds", "process_resident_memory_bytes", "process_open_fds",
        ] { #expect(before.types[name] != nil, "\(name) is missing") }
        let rounds = 20
        for round in 0..<rounds {
            let insert = HranaText.pipeline([HranaText.execute("INSERT INTO t (v) VALUES (\(round))")])
            #expect(try wire.send("POST", "/t/acme/v3/pipeline", insert).status == 200)
            #expect(try wire.send("POST", "/t/acme/v3/pipeline", "{").status == 400)
        }
        #expect(try wire.send("GET", "/nothing").status == 404)
        let broken = try siege.connect()
        try broken.write(Array("GARBAGE\r\n\r\n".utf8))
        #expect(try broken.read().status == 400)
        let after = try scrape(wire)
        func grown(_ name: String, _ labels: [String: String] = [:]) -> Double {
            value(after, name, labels) - value(before, name, labels)
        }
        #expect(grown("rowhouse_requests_total", ["plane": "data", "code": "200"]) == Double(rounds))
        #expect(grown("rowhouse_requests_total", ["plane": "data", "code": "400"]) == Double(rounds))
        #expect(grown("rowhouse_requests_total", ["plane": "control", "code": "404"]) == 1)
        #expect(grown("rowhouse_requests_total", ["plane": "door", "code": "400"]) == 1)
        #expect(grown("rowhouse_request_seconds_count", ["plane": "data"]) == Double(2 * rounds))
        #expect(grown("rowhouse_request_seconds_sum", ["plane": "data"]) > 0)
        #expect(grown("rowhouse_commits_total") >= Double(rounds))
        #expect(grown("rowhouse_journal_flush_seconds_count") >= 1)
        #expect(value(after, "process_resident_memory_bytes") > 1e6)
        #expect(value(after, "process_open_fds") > 3)
        #expect(abs(value(after, "process_start_time_seconds") - Date().timeIntervalSince1970) < 600)
    }

    @Test func `nothing that a client chooses becomes a series`() throws {
        let siege = try Siege()
        let wire = try siege.connect()
        _ = try wire.send("POST", "/t/acme/v3/pipeline", Raw.select)
        _ = try wire.send("POST", "/t/nobody/v3/pipeline", Raw.select)
        _ = try wire.send("GET", "/nothing")
        _ = try scrape(wire)
        let before = Set(try scrape(wire).samples.keys)
        for number in 0..<50 {
            _ = try wire.send("POST", "/v1/tenants", "{\"key\":\"tenant-\(number)\"}")
            _ = try wire.send("POST", "/t/tenant-\(number)/v3/pipeline", Raw.select)
            _ = try wire.send("POST", "/t/no-\(number)/v3/pipeline", Raw.select)
            _ = try wire.send("GET", "/no/such/path/\(number)", headers: ["X-\(number)": "x"])
        }
        let fresh = Set(try scrape(wire).samples.keys).subtracting(before)
        #expect(
            fresh == [.init(name: "rowhouse_requests_total", labels: ["plane": "control", "code": "201"])]
                || fresh.isEmpty)
    }
}

import Foundation
import Processes
import Testing

/// Flags as services use them.
@Suite(.serialized) struct FlagTests {
    private func names(_ answer: Wire.Answer) -> [String] {
        (answer.object["items"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String }
    }

    private func seq(_ answer: Wire.Answer) -> Int { answer.object["seq"] as? Int ?? -1 }

    @Test func `a flag is set, compared, rolled back, taken away and brought back`() throws {
        let server = try ServerProcess()
        let wire = try Wire(port: server.port)
        func code(_ method: String, _ path: String, _ body: String? = nil) throws -> String {
            let answer = try wire.send(method, path, body)
            return (answer.object["error"] as? [String: Any])?["code"] as? String ?? "\(answer.status)"
        }
        #expect(try code("GET", "/v1/flags/beta") == "not_found")
        #expect(try code("PUT", "/v1/flags/beta", #"{"value": {"share": 10, "b": [1, null, "x"]}}"#) == "200")
        let shown = try wire.send("GET", "/v1/flags/beta")
        #expect(shown.text.contains(#""value":{"b":[1,null,"x"],"share":10}"#), "\(shown.text)")
        #expect(shown.object["version"] as? Int == 1 && shown.object["changedBy"] as? String == "local")
        #expect(try code("PUT", "/v1/flags/beta", #"{"value": 2, "version": 7}"#) == "version_conflict")
        #expect(try code("PUT", "/v1/flags/beta", #"{"value": 2, "version": 1}"#) == "200")
        #expect(try code("PUT", "/v1/flags/beta", #"{"value": null}"#) == "bad_request")
        #expect(try code("PUT", "/v1/flags/be%20ta", #"{"value": 1}"#) == "bad_request")
        #expect(try code("PUT", "/v1/flags/.x", #"{"value": 1}"#) == "bad_request")
        let long = String(repeating: "x", count: 17_000)
        #expect(try code("PUT", "/v1/flags/beta", "{\"value\": \"\(long)\"}") == "body_too_large")
        #expect(try wire.send("POST", "/v1/flags/beta/rollback").object["version"] as? Int == 3)
        #expect(try wire.send("GET", "/v1/flags/beta").text.contains("\"share\":10"))
        #expect(try code("POST", "/v1/flags/beta/rollback", "{}") == "flag_version_missing")
        #expect(try code("DELETE", "/v1/flags/beta") == "200")
        #expect(try code("GET", "/v1/flags/beta") == "not_found")
        #expect(try names(wire.send("GET", "/v1/flags")).isEmpty)
        #expect(try wire.send("POST", "/v1/flags/beta/rollback", "{\"to\": 2}").object["value"] as? Int == 2)
        let history = try wire.send("GET", "/v1/flags/beta/history").object["items"] as? [[String: Any]]
        #expect(history?.map { $0["version"] as? Int } == [5, 4, 3, 2, 1])
        // What was answered for is there after a kill.
        server.kill()
        try server.start()
        #expect(try Wire(port: server.port).send("GET", "/v1/flags/beta").object["version"] as? Int == 5)
    }

    @Test func `who waits hears of a change on another node within a second, and nothing is passed over`() throws {
        let pair = try Pair()
        let (first, second) = (try Wire(port: pair.first.port), try Wire(port: pair.second.port))
        #expect(try first.send("PUT", "/v1/flags/a", #"{"value": 1}"#).status == 200)
        var seen = seq(try second.send("GET", "/v1/flags?after=0"))
        for round in 0..<3 {
            let begun = Date()
            let answer = Locked<Wire.Answer?>(nil)
            let waiter = Thread { [port = pair.second.port, seen] in
                answer.set(try? Wire(port: port).send("GET", "/v1/flags?after=\(seen)&wait=30s"))
            }
            waiter.start()
            usleep(300_000)
            #expect(answer.value == nil)
            let setAt = Date()
            #expect(try first.send("PUT", "/v1/flags/b", "{\"value\": \(round)}").status == 200)
            while answer.value == nil, Date().timeIntervalSince(begun) < 20 { usleep(10_000) }
            let delay = Date().timeIntervalSince(setAt)
            let heard = try #require(answer.value)
            #expect(names(heard) == ["b"] && seq(heard) == seen + 1, "\(heard.text)")
            // A second is the promise; the machine that tests run on may be busy.
            #expect(delay < 5)
            print("a flag was heard of after \(Int(delay * 1000)) ms")
            seen = seq(heard)
        }
        let empty = try second.send("GET", "/v1/flags?after=\(seen)&wait=1s")
        #expect(empty.status == 200 && names(empty).isEmpty && seq(empty) == seen)
        #expect(try second.send("GET", "/v1/flags?after=\(seen)&wait=90s").status == 400)
        #expect(try names(second.send("GET", "/v1/flags?after=999999&wait=30s")) == ["a", "b"])
    }

    @Test func `a node that stops lets its waiters go`() throws {
        let server = try ServerProcess()
        let answer = Locked<Int?>(nil)
        let waiter = Thread { [port = server.port] in
            answer.set((try? Wire(port: port).send("GET", "/v1/flags?after=0&wait=60s").status) ?? -1)
        }
        waiter.start()
        usleep(500_000)
        #expect(answer.value == nil)
        let begun = Date()
        #expect(server.stop() == 0)
        #expect(Date().timeIntervalSince(begun) < 20)
        while answer.value == nil, Date().timeIntervalSince(begun) < 30 { usleep(10_000) }
        #expect(answer.value != nil)
    }

    @Test func `the command line does it`() throws {
        let server = try ServerProcess()
        func run(_ arguments: String...) throws -> (status: Int32, output: String) {
            try Command.run(ServerProcess.binary, ["flag"] + arguments + ["--url", server.url])
        }
        #expect(try run("set", "beta", "true").status == 0)
        #expect(try run("set", "limits", #"{"uploads": 3}"#, "--version", "0").status == 0)
        #expect(try run("set", "limits", "plain words").status == 0)
        #expect(try run("get", "limits").output == "\"plain words\"\n")
        #expect(try run("rollback", "limits").status == 0)
        #expect(try run("get", "limits").output == "{\"uploads\":3}\n")
        #expect(try run("set", "limits", "1", "--version", "1").status == 4)
        #expect(try run("list").output.contains("beta"))
        #expect(try run("history", "limits").output.contains("plain words"))
        #expect(try run("unset", "beta").status == 0)
        #expect(try run("get", "beta").status == 3)
        #expect(try run("set", "beta", "null").status == 2)
    }
}

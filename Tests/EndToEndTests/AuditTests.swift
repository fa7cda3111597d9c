import Access
import Foundation
import Processes
import Seams
import Testing

/// Who did what, when, from where.
@Suite(.serialized) struct AuditTests {
    struct Entry {
        let action: String
        let actor: String
        let subject: String
        let detail: [String: String]
        let origin: String
        let requestID: String
    }

    /// Newest first.
    static func entries(_ wire: Wire, _ query: String = "", token: String? = nil) throws -> [Entry] {
        let headers = token.map { ["Authorization": "Bearer \($0)"] } ?? [:]
        let answer = try wire.send("GET", "/v1/audit?limit=1000\(query)", headers: headers)
        #expect(answer.status == 200, "\(answer.text)")
        return (answer.object["items"] as? [[String: Any]] ?? []).map { item in
            Entry(
                action: item["action"] as? String ?? "", actor: item["actor"] as? String ?? "",
                subject: item["subject"] as? String ?? "", detail: item["detail"] as? [String: String] ?? [:],
                origin: item["origin"] as? String ?? "", requestID: item["requestID"] as? String ?? "")
        }
    }

    @Test func `every call that changes something leaves an entry, and one that was refused none`() throws {
        let server = try ServerProcess()
        let wire = try Wire(port: server.port)
        var known = try Self.entries(wire).count
        func expect(_ action: String?, _ method: String, _ path: String, _ body: String? = nil) throws -> Wire.Answer {
            let answer = try wire.send(method, path, body)
            let all = try Self.entries(wire)
            let fresh = all.prefix(all.count - known)
            known = all.count
            #expect(fresh.map(\.action) == (action.map { [$0] } ?? []), "\(method) \(path): \(answer.text)")
            for entry in fresh {
                #expect(entry.actor == "local" && entry.origin == "127.0.0.1")
                #expect(entry.requestID == answer.headers["rowhouse-request-id"])
            }
            return answer
        }
        _ = try expect("tenant.create", "POST", "/v1/tenants", #"{"key":"a"}"#)
        _ = try expect(nil, "POST", "/v1/tenants", #"{"key":"a"}"#)
        _ = try expect(nil, "POST", "/v1/tenants?dry-run=true", #"{"key":"b"}"#)
        _ = try expect("tenant.change", "PATCH", "/v1/tenants/a", #"{"labels":{"x":"y"}}"#)
        _ = try expect("tenant.change", "PATCH", "/v1/tenants/a", #"{"key":"b"}"#)
        _ = try expect("tenant.delete", "DELETE", "/v1/tenants/b")
        _ = try expect("tenant.undelete", "POST", "/v1/tenants/b/undelete")
        let token = try expect("token.create", "POST", "/v1/tenants/b/tokens", "{}").object["id"] as? String ?? ""
        _ = try expect("token.revoke", "DELETE", "/v1/tenants/b/tokens/\(token)")
        _ = try expect(nil, "DELETE", "/v1/tenants/b/tokens/none")
        _ = try expect("flag.set", "PUT", "/v1/flags/f", #"{"value":1}"#)
        _ = try expect("flag.set", "PUT", "/v1/flags/f", #"{"value":2}"#)
        _ = try expect("flag.rollback", "POST", "/v1/flags/f/rollback")
        _ = try expect("flag.unset", "DELETE", "/v1/flags/f")
        let key = try expect("key.add", "POST", "/v1/keys").object["kid"] as? String ?? ""
        _ = try expect("key.retire", "POST", "/v1/keys/\(key)/retire")
        _ = try expect("key.remove", "DELETE", "/v1/keys/\(key)")
        _ = try expect(nil, "DELETE", "/v1/keys/\(key)")
        _ = try expect(nil, "GET", "/v1/tenants")
        let ofTenant = try Self.entries(wire, "&tenant=b")
        #expect(ofTenant.count == 7 && ofTenant.last?.subject == "a")
        #expect(try Self.entries(wire, "&actor=nobody").isEmpty)
        _ = try wire.send("DELETE", "/v1/tenants/b?purge=true")
        #expect(try Self.entries(wire, "&tenant=b").map(\.action).prefix(2) == ["tenant.purge", "tenant.delete"])
        #expect(try wire.send("GET", "/v1/audit?since=yesterday").status == 400)
        #expect(try Self.entries(wire, "&since=2020-02-29T23:59:59.5%2B01:00&order=oldest").count > 15)
        #expect(try Self.entries(wire, "&since=2999-01-01T00:00:00Z").isEmpty)
    }

    @Test func `what another node does for a caller is written down as the caller's`() throws {
        let pair = try Pair()
        let wires = [try Wire(port: pair.first.port), try Wire(port: pair.second.port)]
        try pair.create("a")
        let owner = try pair.owner("a")
        let (target, other) = owner == "n1" ? ("n2", wires[1]) : ("n1", wires[0])
        let begun = try other.send("POST", "/v1/moves", "{\"tenant\":\"a\",\"to\":\"\(target)\"}")
        #expect(begun.status == 202, "\(begun.text)")
        for _ in 0..<300 {
            if try pair.owner("a") == target { break }
            usleep(50_000)
        }
        let far = target == "n1" ? wires[1] : wires[0]
        var purged = try far.send("DELETE", "/v1/tenants/a?purge=true")
        for _ in 0..<100 where purged.status != 204 {
            usleep(100_000)
            purged = try far.send("DELETE", "/v1/tenants/a?purge=true")
        }
        #expect(purged.status == 204, "\(purged.text)")
        let all = try Self.entries(wires[0])
        for action in ["move.begin", "move.commit", "tenant.purge"] {
            #expect(all.first { $0.action == action }?.actor == "local", "\(action)")
        }
        #expect(all.contains { $0.action == "node.register" && $0.actor == "node:n2" })
    }

    /// Pages in both directions, whole and without repetition.
    @Test func `the log is read by pages`() throws {
        let server = try ServerProcess()
        let wire = try Wire(port: server.port)
        for number in 0..<7 { _ = try wire.send("PUT", "/v1/flags/f", "{\"value\":\(number)}") }
        let whole = try Self.entries(wire, "&subject=f").map { $0.detail["value"] ?? "" }
        #expect(whole == ["6", "5", "4", "3", "2", "1", "0"])
        var seen: [String] = []
        var cursor = ""
        repeat {
            let page = try wire.send("GET", "/v1/audit?subject=f&order=oldest&limit=3\(cursor)").object
            let items = page["items"] as? [[String: Any]] ?? []
            seen += items.compactMap { ($0["detail"] as? [String: String])?["value"] }
            cursor = (page["next"] as? String).map { "&cursor=\($0)" } ?? ""
        } while !cursor.isEmpty
        #expect(seen == whole.reversed())
        #expect(try wire.send("GET", "/v1/audit?cursor=x").status == 400)
    }

    @Test func `a support token names who has it, ends soon, and its grant and its use are written down`() throws {
        let admin = AdminToken.make(name: "ops", scopes: [.admin], random: SystemRandom())
        let server = try ServerProcess([
            "--set", "access.admin-tokens=[\(admin.configLine.dropFirst(2))]", "--set", "access.support-time=2h",
        ])
        let wire = try Wire(port: server.port)
        let headers = ["Authorization": "Bearer \(admin.token)"]
        func token(_ body: String) throws -> Wire.Answer {
            try wire.send("POST", "/v1/tenants/acme/tokens", body, headers: headers)
        }
        #expect(try wire.send("POST", "/v1/tenants", #"{"key":"acme"}"#, headers: headers).status == 201)
        #expect(try token(#"{"reason":"  "}"#).status == 400)
        #expect(try token(#"{"reason":"ticket 7","expiresIn":"3h"}"#).status == 400)
        let made = try token(#"{"reason":"ticket 7","access":"ro"}"#)
        #expect(made.status == 201, "\(made.text)")
        let support = ["Authorization": "Bearer \(made.object["token"] as? String ?? "")"]
        for _ in 0..<3 {
            let read = try wire.send("POST", "/t/acme/query", #"{"sql":"SELECT 1"}"#, headers: support)
            #expect(read.status == 200, "\(read.text)")
        }
        #expect(
            try wire.send("POST", "/t/acme/query", #"{"sql":"CREATE TABLE t (v)"}"#, headers: support).status == 403)
        // Guesses are counted, not listed one by one.
        for number in 0..<5 {
            let guess = ["Authorization": "Bearer rh_admin_\(number)"]
            #expect(try Wire(port: server.port).send("GET", "/v1/tenants", headers: guess).status == 401)
        }
        var all: [Entry] = []
        for _ in 0..<100 {
            all = try Self.entries(wire, token: admin.token)
            if Set(["support.use", "access.refused"]).isSubset(of: all.map(\.action)) { break }
            usleep(100_000)
        }
        let grant = try #require(all.first { $0.action == "support.grant" })
        #expect(grant.actor == "admin:ops" && grant.detail["reason"] == "ticket 7")
        let use = try #require(all.first { $0.action == "support.use" })
        #expect(use.actor == "admin:ops" && use.subject == "acme" && use.detail["token"] == grant.detail["token"])
        #expect(all.contains { $0.action == "access.refused" && $0.origin == "127.0.0.1" })
        #expect(all.count { $0.action == "access.refused" } <= 2)
        // The shell does all of it.
        let shell = try Command.run(
            "sh",
            [
                "-c",
                "echo 'SELECT 40 + 2;' | \(ServerProcess.binary) tenant shell acme --reason 'ticket 8' --read-only "
                    + "--url \(server.url) --token \(admin.token)",
            ])
        #expect(shell.status == 0 && shell.output.contains("42"), "\(shell.output)")
        let later = try Self.entries(wire, "&tenant=acme", token: admin.token)
        #expect(later.first { $0.action == "support.grant" }?.detail["reason"] == "ticket 8")
    }
}

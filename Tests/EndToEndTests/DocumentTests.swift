import Foundation
import Processes
import Testing

/// The API's document as a user fetches it.
@Suite(.serialized) struct DocumentTests {
    @Test func `it needs no token, and every call in it is answered as a call that is there`() throws {
        let server = try ServerProcess()
        let wire = try Wire(port: server.port)
        #expect(try wire.send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        let document = try wire.send("GET", "/openapi.json")
        #expect(document.status == 200)
        let paths = document.object["paths"] as? [String: [String: Any]] ?? [:]
        #expect(paths.count > 20)
        for (path, methods) in paths where path != "/openapi.json" {
            let place = path.replacingOccurrences(of: "{key}", with: "acme").replacingOccurrences(
                of: "{tenant}", with: "acme"
            )
            .replacingOccurrences(of: "{id}", with: "none").replacingOccurrences(of: "{generation}", with: "2")
            .replacingOccurrences(of: "{from}", with: "1").replacingOccurrences(of: "{to}", with: "129")
            for (method, operation) in methods where method != "delete" {
                let answer = try wire.send(method.uppercased(), place, method == "get" ? nil : "{}")
                let responses = (operation as? [String: Any])?["responses"] as? [String: Any] ?? [:]
                #expect(responses[String(answer.status)] != nil, "\(method) \(path): \(answer.status) \(answer.text)")
                #expect(!answer.text.contains("nothing at this path") && answer.status != 405, "\(method) \(path)")
            }
        }
    }

    /// https://schemathesis.readthedocs.io: makes requests from the document, and compares the answers with it.
    @Test func `schemathesis finds no failure of ours and no answer that is not documented`() throws {
        let server = try ServerProcess(environment: UserTests.cheap)
        let wire = try Wire(port: server.port)
        #expect(try wire.send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        let outcome = try Python.run("schemathesis_run.py", [server.url])
        #expect(outcome.code == 0, "\(outcome.output.suffix(6000))\n\(server.logText.suffix(2000))")
        #expect(try wire.send("GET", "/readyz").status == 200)
    }
}

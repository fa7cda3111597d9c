import Processes
import Testing

/// Tenants that are not there, names that are none, and paths that try to be others.
@Suite(.serialized) struct NamingTests {
    private static let long = String(repeating: "k", count: 129)

    @Test func `a bad name in a path is refused, and an unknown one is not found`() throws {
        let siege = try Siege()
        let invalid = [
            "%00", "acme%00", "%0a", "%7F", "%C2%85", ".", "..", "%2e", "%2E%2e", "%", "%2", "%zz", "acme%", "%ff",
            "%C0%AF", "%ED%A0%80", Self.long, String(repeating: "%6b", count: 129),
        ]
        try siege.put(
            invalid.map { Bad("key \($0)", Raw.post("/t/\($0)/v3/pipeline", Raw.select), 400, .data("KEY_INVALID")) })
        let unknown = [
            "nobody", "acme%2F", "%2F", "acme%2F..%2Fother", "acme%20", "ACME", "acm%C3%A9", "%E2%80%AEacme",
            String(repeating: "k", count: 128), "catalog", "00000000000000000000000000000001",
        ]
        try siege.put(
            unknown.map {
                Bad("key \($0)", Raw.post("/t/\($0)/v3/pipeline", Raw.select), 404, .data("TENANT_NOT_FOUND"))
            })
        let paths = [
            "", "/", "/v4/pipeline", "/v3/pipelines", "/v3/pipeline/x", "/../other/v3/pipeline", "/v3%2Fpipeline",
        ]
        try siege.put(paths.map { Bad("path \($0)", Raw.post("/t/acme\($0)", Raw.select), 404, .data("NOT_FOUND")) })
        try siege.expectUntouched()
    }

    @Test func `names that differ, come twice or are missing are refused`() throws {
        let siege = try Siege(["--set", "domain=db.test"])
        let conflict = [
            "Rowhouse-Tenant: other", "x-namespace: other", "Rowhouse-Tenant: acm", "ROWHOUSE-TENANT: Acme",
        ]
        try siege.put(
            conflict.map { Bad($0, Raw.pipeline(Raw.select, $0 + "\r\n"), 400, .data("TENANT_CONFLICT")) })
        try siege.put([
            Bad(
                "path and host", Raw.pipeline(Raw.select).replacing("Host: localhost", with: "Host: other.db.test"),
                400,
                .data("TENANT_CONFLICT")),
            Bad(
                "header twice", Raw.pipeline(Raw.select, "Rowhouse-Tenant: acme\r\nRowhouse-Tenant: acme\r\n"), 400,
                .data("BAD_REQUEST")),
            Bad(
                "namespace twice", Raw.pipeline(Raw.select, "x-namespace: acme\r\nX-Namespace: other\r\n"), 400,
                .data("BAD_REQUEST")),
            Bad("header empty", Raw.pipeline(Raw.select, "Rowhouse-Tenant:\r\n"), 400, .data("KEY_INVALID")),
            Bad("header escape", Raw.pipeline(Raw.select, "Rowhouse-Tenant: %zz\r\n"), 400, .data("KEY_INVALID")),
            Bad("no name", Raw.post("/v3/pipeline", Raw.select), 400, .data("TENANT_REQUIRED")),
            Bad("no name, version 1", Raw.post("/v1/execute", "{}"), 400, .data("TENANT_REQUIRED")),
        ])
        for host in ["ACME.db.test", "a..db.test", "a%41.db.test", "\(Self.long).db.test"] {
            let text = Raw.post("/v3/pipeline", Raw.select).replacing("Host: localhost", with: "Host: \(host)")
            try siege.put([Bad("host \(host)", text, 400, .data("KEY_INVALID"))])
        }
        for path in ["/v1/tenants", "/console", "/metrics", "/v1/tenants/acme", "/healthz"] {
            let text = Raw.get(path).replacing("Host: localhost", with: "Host: acme.db.test")
            try siege.put([Bad("on a tenant's host: \(path)", text, 404, .data("NOT_FOUND"))])
        }
        try siege.expectUntouched()
    }

    @Test func `the control plane takes the same names`() throws {
        let siege = try Siege()
        for key in ["%00", "%2e%2e", "%ff", "%zz", "%0A", Self.long] {
            for method in ["GET", "DELETE", "PATCH"] {
                let text = Raw.post("/v1/tenants/\(key)", "{}", method: method)
                try siege.put([Bad("\(method) \(key)", text, 400, .control("key_invalid"))])
            }
        }
        for key in ["nobody", "acme%2Fother", "ACME"] {
            for (method, rest) in [
                ("GET", ""), ("DELETE", ""), ("DELETE", "?purge=true"), ("PATCH", ""), ("POST", "/undelete"),
                ("POST", "/tokens"), ("DELETE", "/tokens/x"),
            ] {
                let text = Raw.post("/v1/tenants/\(key)\(rest)", "{}", method: method)
                try siege.put([Bad("\(method) \(key)\(rest)", text, 404, .control("tenant_not_found"))])
            }
        }
        try siege.put([
            Bad("taken", Raw.post("/v1/tenants", #"{"key":"acme"}"#), 409, .control("tenant_exists")),
            Bad(
                "rename to a taken key", Raw.post("/v1/tenants/acme", #"{"key":"other"}"#, method: "PATCH"), 409,
                .control("tenant_exists")),
        ])
        try siege.expectUntouched()
    }

    @Test func `wrong methods and paths are told of, whatever the content type`() throws {
        let siege = try Siege()
        for (path, methods) in [
            ("/t/acme/v3/pipeline", ["GET", "PUT", "PATCH", "DELETE", "TRACE"]),
            ("/t/acme/v3", ["POST", "DELETE"]),
            ("/t/acme/v1/execute", ["GET"]), ("/t/acme/v3/cursor", ["GET"]),
        ] {
            try siege.put(
                methods.map { Bad("\($0) \(path)", Raw.get(path, method: $0), 405, .data("METHOD_NOT_ALLOWED")) })
        }
        try siege.put([Bad("no such path", Raw.get("/t/acme/nothing"), 404, .data("NOT_FOUND"))])
        for (path, methods) in [
            ("/v1/nothing", ["GET", "POST"]),
            ("/", ["GET", "POST"]), ("/.rowhouse/ping", ["GET", "POST"]), ("/.rowhouse/catalog", ["POST"]),
            ("/v1/tenants/acme/nothing", ["POST"]),
        ] {
            try siege.put(methods.map { Bad("\($0) \(path)", Raw.get(path, method: $0), 404, .control("not_found")) })
        }
        for (path, methods) in [
            ("/v1/tenants", ["PUT", "PATCH", "DELETE"]), ("/healthz", ["POST", "DELETE"]),
        ] {
            try siege.put(
                methods.map { Bad("\($0) \(path)", Raw.get(path, method: $0), 405, .control("method_not_allowed")) })
        }
        try siege.put([
            Bad("HEAD of a program", Raw.get("/t/acme/v3/pipeline", method: "HEAD"), 405, .empty),
            Bad("HEAD of nothing", Raw.get("/nothing", method: "HEAD"), 404, .empty),
            Bad("preflight of nobody", Raw.get("/t/acme/v3/pipeline", method: "OPTIONS"), 403, .data("ORIGIN_REFUSED")),
        ])
        let wire = try siege.connect()
        for type in [
            "", "text/plain", "application/xml", "multipart/form-data; boundary=x", "application/json; charset=latin1",
        ] {
            let answer = try wire.send("POST", "/t/acme/v3/pipeline", Raw.select, headers: ["Content-Type": type])
            #expect(answer.rows() == [["1"]], "\(type)")
        }
        for path in ["/healthz", "/readyz", "/t/acme/v3"] {
            let answer = try wire.send("HEAD", path)
            #expect(answer.status == 200 && answer.body.isEmpty, "\(path)")
        }
        try siege.expectUntouched()
    }
}

import Foundation
import Processes
import Testing

@Suite(.serialized) struct FirstStepsTests {
    @Test func `a tenant is created, written over HTTP and read again after kill -9`() throws {
        let server = try ServerProcess()
        let wire = try Wire(port: server.port)
        #expect(try wire.send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        let written = try wire.send(
            "POST", "/t/acme/v3/pipeline",
            HranaText.pipeline([
                HranaText.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)"),
                HranaText.execute("INSERT INTO t (v) VALUES (?) RETURNING id", ["one"]),
            ]))
        #expect(written.status == 200)
        #expect(written.rows(1) == [["1"]])
        server.kill()
        try server.start()
        let read = try Wire(port: server.port).send(
            "POST", "/t/acme/v3/pipeline", HranaText.pipeline([HranaText.execute("SELECT v FROM t")]))
        #expect(read.rows() == [["one"]])
    }

    @Test func `an orderly stop exits with zero and a second process is refused`() throws {
        let server = try ServerProcess()
        #expect(throws: ServerProcess.Failure.self) { try ServerProcess(directory: server.directory) }
        #expect(server.stop() == 0)
    }
}

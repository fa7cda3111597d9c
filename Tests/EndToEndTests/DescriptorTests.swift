import Foundation
import Glibc
import Processes
import Testing

/// A process that may not open as many files as it would like.
@Suite(.serialized) struct DescriptorTests {
    @Test func `idle connections cost a node neither its life nor its writes`() throws {
        let server = try ServerProcess(ulimit: "-n 420")
        let wire = try Wire(port: server.port)
        #expect(try wire.send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        #expect(server.logText.contains("not for limits.connections 10000"), "\(server.logText)")
        var idle: [Wire] = []
        for _ in 0..<500 { if let one = try? Wire(port: server.port) { idle.append(one) } }
        #expect(idle.count > 300)
        let create = HranaText.pipeline([HranaText.execute("CREATE TABLE t(v)")])
        #expect(try wire.send("POST", "/t/acme/v3/pipeline", create).status == 200)
        // Long enough for the checkpointer to come by several times.
        for number in 0..<30 {
            let insert = HranaText.pipeline([HranaText.execute("INSERT INTO t VALUES (?)", [number])])
            let answer = try wire.send("POST", "/t/acme/v3/pipeline", insert)
            #expect(answer.status == 200 && answer.errorCode() == nil, "\(answer.text)")
            usleep(50_000)
        }
        #expect(Glibc.kill(server.processIdentifier, 0) == 0, "\(server.logText)")
        idle = []
        let count = HranaText.pipeline([HranaText.execute("SELECT count(*) FROM t")])
        #expect(try wire.send("POST", "/t/acme/v3/pipeline", count).rows() == [["30"]])
        #expect(server.stop() == 0)
    }

    @Test func `the limit is raised as far as it may be`() throws {
        let server = try ServerProcess(ulimit: "-Sn 300")
        #expect(server.logText.contains("descriptors before=300"), "\(server.logText)")
    }

    @Test func `too few are refused before anything is made`() throws {
        #expect {
            try ServerProcess(ulimit: "-n 300")
        } throws: { error in
            "\(error)".contains("it needs 372; raise the limit")
        }
    }
}

import Testing

@testable import Benchmarks

struct AnswerScannerTests {
    private static let good = "HTTP/1.1 200 OK\r\nX: y\r\ncontent-length: 5\r\n\r\nhello"

    @Test func `an answer is complete with its last byte, however it is cut`() {
        let bytes = Array(Self.good.utf8)
        for count in 0..<bytes.count { #expect(scan(Array(bytes[..<count])) == .incomplete) }
        #expect(scan(bytes) == .complete(bytes: bytes.count, failure: nil))
        #expect(scan(bytes + Array("HTTP".utf8)) == .complete(bytes: bytes.count, failure: nil))
    }

    @Test(arguments: ["Content-Length", "CONTENT-LENGTH", "content-length"])
    func `names of fields have no case`(name: String) {
        let text = "HTTP/1.1 200 OK\r\n\(name):3\r\n\r\nabc"
        #expect(scan(Array(text.utf8)) == .complete(bytes: text.utf8.count, failure: nil))
    }

    @Test func `another status is a failure`() {
        let text = "HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\n{}"
        #expect(scan(Array(text.utf8)) == .complete(bytes: text.utf8.count, failure: "status 503: {}"))
    }

    @Test func `an error in the body is a failure although the status is 200`() {
        let body = #"{"results":[{"type":"error","error":{"message":"no"}}]}"#
        let text = "HTTP/1.1 200 OK\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
        #expect(scan(Array(text.utf8)) == .complete(bytes: text.utf8.count, failure: "status 200: \(body)"))
    }

    @Test func `what is no answer is broken`() {
        #expect(scan(Array("HTTP/1.1 200 OK\r\n\r\n".utf8)) == .broken("an answer without Content-Length"))
        guard case .broken = scan([UInt8](repeating: 65, count: 20_000)) else {
            Issue.record("a head without an end was waited for")
            return
        }
    }

    private func scan(_ bytes: [UInt8]) -> AnswerScanner.Verdict { bytes.withUnsafeBytes(AnswerScanner.scan) }
}

import Foundation
import Processes
import Testing

/// The examples of the page on clients, run as they stand there, one after the other.
@Suite(.serialized) struct ClientExampleTests {
    private struct Example {
        let language: String
        let code: String
        var output = ""
    }

    /// Blocks of code; a block of text belongs to the one before it.
    private func examples() throws -> [Example] {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = root.appendingPathComponent("Sources/DataPlane/DataPlane.docc/Clients.md")
        var examples: [Example] = []
        let parts = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "```")
        for block in stride(from: 1, to: parts.count, by: 2).map({ parts[$0] }) {
            let lines = block.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            let (language, code) = (String(lines[0]), String(lines.count > 1 ? lines[1] : ""))
            if language == "text" {
                examples[examples.count - 1].output = code
            } else {
                examples.append(Example(language: language, code: code))
            }
        }
        return examples
    }

    @Test func `The documentation's examples do what it says`() throws {
        let server = try ServerProcess()
        #expect(try Wire(port: server.port).send("POST", "/v1/tenants", #"{"key":"acme"}"#).status == 201)
        let python = ProcessInfo.processInfo.environment["ROWHOUSE_TEST_PYTHON"] ?? "/usr/bin/python3"
        let examples = try examples()
        #expect(examples.count >= 7)
        for example in examples {
            let code = example.code.replacing("127.0.0.1:8080", with: "127.0.0.1:\(server.port)")
            let program = try #require(["sh": "/bin/sh", "python": python][example.language])
            let done = try CommandLineRun.run(program, ["-c", code], environment: [:])
            #expect(done.status == 0 && done.output == example.output, "\(example.code)\n\(done)")
        }
    }
}

import Foundation
import Processes
import Testing

/// Parts of the journal are lost under a node that was killed: acknowledged commits must not vanish without a word.
@Suite struct LostJournalTests {
    enum Part: CaseIterable {
        case segments, manifest, both, folder

        func remove(from journal: String) throws {
            let files = FileManager.default
            for name in try files.contentsOfDirectory(atPath: journal) {
                let isSegment = name.hasSuffix(".segment")
                switch self {
                case .segments where isSegment, .manifest where name == "manifest",
                    .both where isSegment || name == "manifest":
                    try files.removeItem(atPath: journal + "/" + name)
                default: break
                }
            }
            if self == .folder { try files.removeItem(atPath: journal) }
        }

        var verdict: Int32 { self == .folder ? 3 : 65 }
        var words: String {
            switch self {
            case .segments: "the journal is damaged at LSN"
            case .manifest: "the journal's manifest is missing, though there are segments"
            case .both, .folder: "the journal is missing: nothing is in"
            }
        }
    }

    @Test(arguments: Part.allCases)
    func `what is lost of a journal ends the start with 65`(part: Part) throws {
        let server = try ServerProcess()
        let wire = try Wire(port: server.port)
        for key in ["a", "b"] { #expect(try wire.send("POST", "/v1/tenants", "{\"key\":\"\(key)\"}").status == 201) }
        server.kill()
        try part.remove(from: server.directory + "/journal")
        let verified = try Tool.run(["journal", "verify", "--data", server.directory])
        #expect(verified.code == part.verdict, "\(verified.output)")
        let served = try Tool.run(["serve", "--data", server.directory, "--listen", "127.0.0.1:\(server.port)"])
        #expect(served.code == 65 && served.output.contains(part.words), "\(served.code) \(served.output)")
    }
}

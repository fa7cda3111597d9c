import NIOHTTP1
import Testing
import Vocabulary

@testable import DataPlane

@Suite struct SnapshotTermsTests {
    private static let version = Bookmark("1-a2")!

    @Test(arguments: [
        ("bytes=0-9", SnapshotTerms.Part.bytes(0..<10)), ("bytes=90-", .bytes(90..<100)),
        ("bytes=-10", .bytes(90..<100)),
        ("bytes=0-", .bytes(0..<100)), ("bytes=99-99", .bytes(99..<100)), ("bytes=50-1000", .bytes(50..<100)),
        ("bytes=-1000", .bytes(0..<100)), ("BYTES=0-0", .bytes(0..<1)), ("bytes=100-", .unsatisfiable),
        ("bytes=-0", .unsatisfiable), ("bytes=5-4", .whole), ("bytes=a-b", .whole), ("bytes=0-1,3-4", .whole),
        ("lines=0-1", .whole), ("bytes=", .whole), ("bytes=-", .whole),
        ("bytes=0-9223372036854775807", .bytes(0..<100)),
        ("bytes=9223372036854775808-", .whole), ("bytes=--1", .whole),
    ])
    func `one range is understood, others are ignored`(_ text: String, _ part: SnapshotTerms.Part) {
        #expect(SnapshotTerms(["Range": text]).part(of: Self.version, size: 100) == part)
    }

    @Test func `a range of another version is the whole of this one`() {
        let same: HTTPHeaders = ["Range": "bytes=0-9", "If-Range": "\"1-a2\""]
        #expect(SnapshotTerms(same).part(of: Self.version, size: 100) == .bytes(0..<10))
        #expect(SnapshotTerms(same).goesOnWith == Self.version)
        let other: HTTPHeaders = ["Range": "bytes=0-9", "If-Range": "\"1-a1\""]
        #expect(SnapshotTerms(other).part(of: Self.version, size: 100) == .whole)
        #expect(SnapshotTerms(["If-Range": "\"1-a2\""]).goesOnWith == nil)
        #expect(SnapshotTerms(["Range": "bytes=0-9", "If-Range": "x"]).goesOnWith == nil)
    }

    @Test func `a version that the caller has is known in every spelling`() {
        for text in ["\"1-a2\"", "*", "W/\"1-a2\"", "\"x\", \"1-a2\""] {
            #expect(SnapshotTerms(["If-None-Match": text]).isKnown(Self.version), "\(text)")
        }
        #expect(!SnapshotTerms(["If-None-Match": "\"1-a3\""]).isKnown(Self.version))
        #expect(!SnapshotTerms([:]).isKnown(Self.version))
    }
}

import Testing
import Vocabulary

@testable import Access

@Suite struct ClusterTests {
    struct Pair {
        let time = SetTime()
        let random = SeededRandom()
        let signer: ClusterSigner
        let verifier: ClusterVerifier

        init(capacity: Int = 1000) throws {
            let key = try ClusterKey(fileContents: Array("\n a key of thirty-two bytes or more \n".utf8))
            let same = try ClusterKey(Array("a key of thirty-two bytes or more".utf8))
            signer = ClusterSigner(key: key, time: time, random: random)
            verifier = ClusterVerifier(key: same, time: time, capacity: capacity)
        }
    }

    static let request = SignedRequest(
        method: "POST", path: "/.rowhouse/catalog?x=1", body: .of([1, 2, 3]), context: ["3", "n2"])

    @Test func `a signed request is taken once`() throws {
        let pair = try Pair()
        let signature = pair.signer.sign(Self.request)
        #expect(pair.verifier.verify(Self.request, signature: signature) == .genuine)
        #expect(pair.verifier.verify(Self.request, signature: signature) == .replayed)
        #expect(pair.verifier.verify(Self.request, signature: pair.signer.sign(Self.request)) == .genuine)
        #expect(!signature.contains("key"))
        let streamed = SignedRequest(method: "POST", path: "/", body: .streamed)
        #expect(pair.verifier.verify(streamed, signature: pair.signer.sign(streamed)) == .genuine)
    }

    @Test func `a signature is for one request only`() throws {
        let pair = try Pair()
        let body = SignedRequest.Body.of([1, 2, 3])
        let path = "/.rowhouse/catalog?x=1"
        let others = [
            SignedRequest(method: "GET", path: path, body: body, context: ["3", "n2"]),
            SignedRequest(method: "POST", path: "/.rowhouse/catalog?x=2", body: body, context: ["3", "n2"]),
            SignedRequest(method: "POST", path: path, body: .of([1, 2, 4]), context: ["3", "n2"]),
            SignedRequest(method: "POST", path: path, body: .streamed, context: ["3", "n2"]),
            SignedRequest(method: "POST", path: path, body: body, context: ["4", "n2"]),
            SignedRequest(method: "POST", path: path, body: body, context: ["3n", "2"]),
            SignedRequest(method: "POST", path: path, body: body, context: ["3"]),
            SignedRequest(method: "POST/", path: String(path.dropFirst()), body: body, context: ["3", "n2"]),
        ]
        for other in others {
            #expect(pair.verifier.verify(other, signature: pair.signer.sign(Self.request)) == .forged)
        }
        let stranger = ClusterSigner(
            key: try ClusterKey([UInt8](repeating: 65, count: 32)), time: pair.time, random: pair.random)
        #expect(pair.verifier.verify(Self.request, signature: stranger.sign(Self.request)) == .forged)
    }

    @Test func `a signature that was changed anywhere is refused`() throws {
        let pair = try Pair()
        let signature = pair.signer.sign(Self.request)
        let characters = Array(signature)
        for index in characters.indices {
            var changed = characters
            changed[index] = changed[index] == "1" ? "2" : "1"
            #expect(pair.verifier.verify(Self.request, signature: String(changed)) != .genuine)
            #expect(pair.verifier.verify(Self.request, signature: String(characters[..<index])) == .malformed)
        }
        #expect(pair.verifier.verify(Self.request, signature: nil) == .missing)
        for text in ["", "1...", "x", "1.\(Int64.min).0000000000000000." + String(repeating: "A", count: 43)] {
            #expect(pair.verifier.verify(Self.request, signature: text) != .genuine)
        }
        #expect(
            pair.verifier.verify(Self.request, signature: String(repeating: "1", count: 1 << 20)) == .malformed)
        #expect(pair.verifier.verify(Self.request, signature: signature) == .genuine)
    }

    @Test func `a signature is good for thirty seconds either way`() throws {
        let pair = try Pair()
        pair.time.pass(seconds: 100)
        let signature = pair.signer.sign(Self.request)
        pair.time.pass(seconds: 31)
        #expect(pair.verifier.verify(Self.request, signature: signature) == .outsideWindow(milliseconds: 31_000))
        pair.time.pass(seconds: -62)
        #expect(pair.verifier.verify(Self.request, signature: signature) == .outsideWindow(milliseconds: -31_000))
        pair.time.pass(seconds: 1)
        #expect(pair.verifier.verify(Self.request, signature: signature) == .genuine)
        // As long as the window allows it, it stays remembered.
        for _ in 0..<60 {
            pair.time.pass(seconds: 1)
            #expect(pair.verifier.verify(Self.request, signature: signature) == .replayed)
            #expect(pair.verifier.verify(Self.request, signature: pair.signer.sign(Self.request)) == .genuine)
        }
        pair.time.pass(seconds: 1)
        #expect(pair.verifier.verify(Self.request, signature: signature) == .outsideWindow(milliseconds: 31_000))
    }

    @Test func `what an earlier process may have taken is not taken again`() throws {
        let pair = try Pair()
        let before = pair.signer.sign(Self.request)
        #expect(pair.verifier.verify(Self.request, signature: before) == .genuine)
        pair.time.pass(seconds: 1)
        let key = try ClusterKey(Array("a key of thirty-two bytes or more".utf8))
        let next = ClusterVerifier(key: key, time: pair.time)
        #expect(next.verify(Self.request, signature: before) == .forgotten)
        #expect(next.verify(Self.request, signature: pair.signer.sign(Self.request)) == .genuine)
        pair.time.pass(seconds: 29)
        #expect(next.verify(Self.request, signature: before) == .forgotten)
        pair.time.pass(seconds: 1)
        #expect(next.verify(Self.request, signature: before) == .outsideWindow(milliseconds: 31_000))
    }

    @Test func `a clock that is put forward and back lets nothing pass twice`() throws {
        let pair = try Pair()
        let old = pair.signer.sign(Self.request)
        #expect(pair.verifier.verify(Self.request, signature: old) == .genuine)
        pair.time.pass(seconds: 3600)
        #expect(pair.verifier.verify(Self.request, signature: pair.signer.sign(Self.request)) == .genuine)
        pair.time.pass(seconds: -3600)
        #expect(pair.verifier.verify(Self.request, signature: old) == .forgotten)
        // Not for long: what was dropped is of the past.
        pair.time.pass(seconds: 11)
        #expect(pair.verifier.verify(Self.request, signature: pair.signer.sign(Self.request)) == .genuine)
        #expect(pair.verifier.verify(Self.request, signature: old) == .forgotten)
    }

    @Test func `a process that began with its clock ahead takes calls when that is put right`() throws {
        let pair = try Pair()
        pair.time.pass(seconds: -3600)
        #expect(pair.verifier.verify(Self.request, signature: pair.signer.sign(Self.request)) == .forgotten)
        pair.time.pass(seconds: 61)
        #expect(pair.verifier.verify(Self.request, signature: pair.signer.sign(Self.request)) == .genuine)
    }

    @Test func `the memory of nonces is bounded and gets free again`() throws {
        let pair = try Pair(capacity: 50)
        func verdict() -> ClusterVerifier.Verdict {
            pair.verifier.verify(Self.request, signature: pair.signer.sign(Self.request))
        }
        for _ in 0..<50 { #expect(verdict() == .genuine) }
        #expect(verdict() == .tooMany)
        pair.time.pass(seconds: 45)
        for _ in 0..<50 { #expect(verdict() == .genuine) }
        #expect(verdict() == .tooMany)
    }

    @Test func `a cluster key has at least 32 bytes`() {
        #expect(throws: AccessSetupError.clusterKeyTooShort(bytes: 31)) {
            try ClusterKey(fileContents: Array((String(repeating: "x", count: 31) + "\n").utf8))
        }
        #expect(throws: AccessSetupError.clusterKeyTooShort(bytes: 0)) { try ClusterKey([]) }
        #expect(throws: AccessSetupError.clusterKeyTooShort(bytes: 31)) {
            try ClusterKey([UInt8](repeating: 1, count: 31))
        }
    }

    @Test func `raw bytes that look like white space belong to the key`() throws {
        let raw = [UInt8](repeating: 10, count: 16) + [0x80] + [UInt8](repeating: 32, count: 15)
        _ = try ClusterKey(raw)
        let time = SetTime()
        let signer = ClusterSigner(key: try ClusterKey(fileContents: raw), time: time, random: SeededRandom())
        let verifier = ClusterVerifier(key: try ClusterKey(raw), time: time)
        #expect(verifier.verify(Self.request, signature: signer.sign(Self.request)) == .genuine)
        _ = try ClusterKey([UInt8](repeating: 32, count: 32))
    }
}

@Suite struct BatonTests {
    static func seal(_ byte: UInt8 = 1) throws -> BatonSeal {
        BatonSeal(key: try ClusterKey([UInt8](repeating: byte, count: 32)))
    }
    static let baton = Baton(
        stream: 0x0102_0304_0506_0708, sequence: 9, tenant: TenantID(0x1000), principal: .max, isClean: true,
        incarnation: 42)

    @Test func `a baton reads back on every node with the key, and nowhere else`() throws {
        let text = Self.baton.sealed(by: try Self.seal())
        #expect(text.utf8.count == 78)
        #expect(Baton(text, openedBy: try Self.seal()) == Self.baton)
        #expect(Baton(text, openedBy: try Self.seal(2)) == nil)
        var busy = Self.baton
        busy.isClean = false
        #expect(Baton(busy.sealed(by: try Self.seal()), openedBy: try Self.seal()) == busy)
    }

    @Test func `a baton that was changed, cut or made up is refused`() throws {
        let seal = try Self.seal()
        let characters = Array(Self.baton.sealed(by: seal))
        for index in characters.indices {
            var changed = characters
            changed[index] = changed[index] == "A" ? "B" : "A"
            #expect(Baton(String(changed), openedBy: seal) == nil)
            #expect(Baton(String(characters[..<index]), openedBy: seal) == nil)
        }
        for text in [
            String(characters) + "A", String(characters) + "=", "", "ü", String(repeating: "A", count: 1 << 20),
        ] {
            #expect(Baton(text, openedBy: seal) == nil)
        }
    }

    @Test func `what was sealed for another purpose is no baton`() throws {
        let seal = try Self.seal()
        #expect(seal.open(seal.seal([1, 2, 3])) == [1, 2, 3])
        #expect(Baton(seal.seal([1, 2, 3]), openedBy: seal) == nil)
        #expect(Baton(seal.seal([2] + [UInt8](repeating: 0, count: 41)), openedBy: seal) == nil)
        #expect(Baton(seal.seal([1, 2] + [UInt8](repeating: 0, count: 40)), openedBy: seal) == nil)
        #expect(seal.open(seal.seal([])) == nil)
    }
}

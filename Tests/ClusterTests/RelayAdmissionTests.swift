import Access
import Cluster
import DataPlane
import NIOCore
import NIOHTTP1
import Routing
import Seams
import Simulator
import Testing
import Vocabulary

/// The owner's side: what is believed of a request that says another node has relayed it.
struct RelayAdmissionTests {
    private let time = ManualTime()
    private let stamp = RelayStamp(
        request: RequestStamp(tenant: RelayWorld.tenant, key: RelayWorld.key, epoch: Epoch(7)),
        authority: RelayWorld.authority)
    private let body = ByteBuffer(string: "{\"requests\":[]}")

    private func admission(
        key: ClusterKey = RelayWorld.clusterKey, node: NodeID = RelayWorld.owner
    ) -> RelayAdmission {
        RelayAdmission(verifier: ClusterVerifier(key: key, time: time), node: node)
    }

    /// As `RelayClient` signs it.
    private func head(path: String = "/t/acme/v3/pipeline") -> HTTPRequestHead {
        let signer = ClusterSigner(key: RelayWorld.clusterKey, time: time, random: SeededRandom(seed: 1))
        let texts = stamp.texts
        let covered = SignedRequest(
            method: "POST", path: path, body: .of(Array(body.readableBytesView)),
            context: [texts.stamp, texts.authority, RelayWorld.owner.name])
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: path)
        head.headers.add(name: "host", value: "x")
        head.headers.add(name: InternalHeaders.stamp, value: texts.stamp)
        head.headers.add(name: InternalHeaders.authority.lowercased(), value: texts.authority)
        head.headers.add(name: InternalHeaders.signature, value: signer.sign(covered))
        return head
    }

    @Test func `a node's request is taken once, on the authority that it names`() {
        let admission = admission()
        let head = head()
        #expect(admission.judge(head, body: body) == .relayed(stamp))
        #expect(admission.judge(head, body: body) == .refused(.replayed))
    }

    @Test func `what was signed for one node is not taken by another, nor by the process after it`() {
        let before = head()
        #expect(admission(node: RelayWorld.third).judge(before, body: body) == .refused(.forged))
        time.stepWall(milliseconds: 1)
        #expect(admission().judge(before, body: body) == .refused(.forgotten))
    }

    @Test func `a client's own request has none of it`() {
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/t/acme/v3/pipeline")
        #expect(admission().judge(head, body: body) == .direct)
    }

    @Test func `whatever is changed on the way, the request is refused`() {
        let admission = admission()
        var other = head()
        other.uri = "/t/other/v3/pipeline"
        #expect(admission.judge(other, body: body) == .refused(.forged))
        other = head()
        other.method = .PUT
        #expect(admission.judge(other, body: body) == .refused(.forged))
        #expect(admission.judge(head(), body: ByteBuffer(string: "{}")) == .refused(.forged))
        var promoted = stamp
        promoted.authority = Authority(principal: stamp.authority.principal, level: .ddl)
        other = head()
        other.headers.replaceOrAdd(name: InternalHeaders.authority, value: promoted.texts.authority)
        #expect(admission.judge(other, body: body) == .refused(.forged))
        var elsewhere = stamp
        elsewhere.request.tenant = TenantID(0xABCE)
        other = head()
        other.headers.replaceOrAdd(name: InternalHeaders.stamp, value: elsewhere.texts.stamp)
        #expect(admission.judge(other, body: body) == .refused(.forged))
        #expect(admission.judge(head(), body: body) == .relayed(stamp))
    }

    @Test func `without the key, or half an hour late, or in part`() throws {
        let strangers = try ClusterKey(Array("another key, that nobody here knows".utf8))
        #expect(admission(key: strangers).judge(head(), body: body) == .refused(.forged))
        let old = head()
        time.stepWall(milliseconds: 1_800_000)
        #expect(admission().judge(old, body: body) == .refused(.outsideWindow(milliseconds: 1_800_000)))
        for name in InternalHeaders.all {
            var partial = head()
            partial.headers.remove(name: name)
            #expect(admission().judge(partial, body: body) == .refused(.malformed), "\(name)")
            var doubled = head()
            doubled.headers.add(name: name, value: "x")
            #expect(admission().judge(doubled, body: body) == .refused(.malformed), "\(name)")
        }
        var unknown = head()
        unknown.headers.add(name: "Rowhouse-Internal-Newer", value: "x")
        #expect(admission().judge(unknown, body: body) == .refused(.malformed))
    }

    @Test func `a stamp reads back as it was written, and nothing else reads as one`() throws {
        for key in ["a", "dm:17:42", String(repeating: "ü", count: 64), "a.b..c"] {
            let stamp = RelayStamp(
                request: RequestStamp(tenant: TenantID(.max), key: try TenantKey(key), epoch: Epoch(.max)),
                authority: Authority(principal: 0, level: .read))
            let texts = stamp.texts
            #expect(RelayStamp(stamp: texts.stamp, authority: texts.authority) == stamp)
        }
        let good = stamp.texts
        for bad in ["", "..", "1.2.3", good.stamp + ".x", good.stamp + "=", "0000000000000001.1.YQ"] {
            #expect(RelayStamp(stamp: bad, authority: good.authority) == nil, "\(bad)")
        }
        for bad in ["", ".", "1.1", good.authority + "1", "0000000000000001.0", "0000000000000001.4"] {
            #expect(RelayStamp(stamp: good.stamp, authority: bad) == nil, "\(bad)")
        }
    }

    @Test func `internal headers are known in any spelling, and few others are taken for one`() {
        for name in ["Rowhouse-Signature", "rowhouse-signature", "ROWHOUSE-INTERNAL-X", "rowhouse-internal-"] {
            #expect(InternalHeaders.contains(name), "\(name)")
        }
        for name in ["", "R", "Rowhouse-Tenant", "Rowhouse-Signatures", "X-Rowhouse-Internal-Stamp", "range"] {
            #expect(!InternalHeaders.contains(name), "\(name)")
        }
    }
}

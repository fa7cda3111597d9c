import Crypto
import FoundationEssentials

/// Names and hides what is kept of a request that is done once: who asked under which key, what for, and the answer.
///
/// All of it is keyed by the cluster's secret, which is not in the catalog: whoever gets hold of that alone can neither read an
/// answer, such as a token, nor try out keys or bodies, such as passwords. Nodes with another secret find nothing of it.
package struct RequestSeal: Sendable {
    private let names: SymmetricKey
    private let tags: SymmetricKey
    private let answers: SymmetricKey

    package init(key: ClusterKey) {
        names = key.derived(for: "rowhouse request name 1")
        tags = key.derived(for: "rowhouse request tag 1")
        answers = key.derived(for: "rowhouse request answer 1")
    }

    /// What a caller's request under a key is called.
    package func name(of key: String, by principal: String) -> [UInt8] {
        Self.code(names, [Array(principal.utf8), Array(key.utf8)])
    }

    /// What a request asks for: equal for equal parts.
    package func tag(_ parts: [[UInt8]]) -> [UInt8] { Self.code(tags, parts) }

    /// AES-256-GCM under a key of this request's own.
    package func seal(_ answer: [UInt8], of name: [UInt8]) -> [UInt8]? {
        (try? AES.GCM.seal(answer, using: key(of: name)))?.combined.map { Array($0) }
    }

    /// - Returns: nil for what was not sealed for this request.
    package func open(_ sealed: [UInt8], of name: [UInt8]) -> [UInt8]? {
        guard let box = try? AES.GCM.SealedBox(combined: sealed) else { return nil }
        return (try? AES.GCM.open(box, using: key(of: name))).map { Array($0) }
    }

    private func key(of name: [UInt8]) -> SymmetricKey { SymmetricKey(data: Self.code(answers, [name])) }

    /// Each part with its length before it, so that no two lists are one text.
    private static func code(_ key: SymmetricKey, _ parts: [[UInt8]]) -> [UInt8] {
        var hmac = HMAC<SHA256>(key: key)
        for part in parts {
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { hmac.update(data: Array($0)) }
            hmac.update(data: part)
        }
        return Array(hmac.finalize())
    }
}

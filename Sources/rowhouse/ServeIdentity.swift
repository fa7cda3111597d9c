import Foundation
import Seams
import Settings
import Terminal
import Vocabulary

/// What a data directory is, whatever the configuration says: chosen once, kept in it.
struct ServeIdentity: Sendable {
    let node: NodeID
    /// Tells this directory from others of the same name.
    let directory: Identity
    /// The catalog in which the node has registered; nil before it has.
    let catalog: Identity?

    /// - Throws: `ServeFailure.config` where the configured id is another than the directory's.
    static func read(_ settings: ServerSettings, directory: String, random: any RandomSource) throws -> ServeIdentity {
        let node = try node(settings, directory: directory, random: random)
        let path = directory + "/directory-id"
        let own: Identity
        if let kept = try identity(at: path) {
            own = kept
        } else {
            own = Identity(high: random.next(), low: random.next())
            try keep("\(own)\n", at: path, in: directory)
        }
        return ServeIdentity(node: node, directory: own, catalog: try identity(at: directory + "/catalog-id"))
    }

    /// To be called when the node has registered in it.
    static func remember(catalog: Identity, in directory: String) throws {
        try keep("\(catalog)\n", at: directory + "/catalog-id", in: directory)
    }

    /// The node that the directory belongs to; nil where it is new.
    ///
    /// - Throws: `ServeFailure.config` where the configured id is another than the directory's.
    static func kept(_ settings: ServerSettings, directory: String) throws(ServeFailure) -> NodeID? {
        let path = path(in: directory)
        guard let text = text(at: path) else { return nil }
        guard let id = NodeID(text) else { throw .config("\(path) does not hold a node's name") }
        if let wanted = settings.node.id, wanted != id {
            throw .config(
                """
                the data directory belongs to node \(id), the configuration says node.id: \(wanted); use the directory of \
                that node, or correct node.id
                """)
        }
        return id
    }

    private static func path(in directory: String) -> String { directory + "/node-id" }

    private static func node(
        _ settings: ServerSettings, directory: String, random: any RandomSource
    ) throws -> NodeID {
        if let kept = try kept(settings, directory: directory) { return kept }
        let id = settings.node.id ?? madeUp(settings, random)
        try keep("\(id)\n", at: path(in: directory), in: directory)
        return id
    }

    /// Where there may be others, a name that nobody else makes up.
    private static func madeUp(_ settings: ServerSettings, _ random: any RandomSource) -> NodeID {
        guard settings.cluster.keyFile != nil else { return NodeID("n1")! }
        return NodeID("n-" + TenantID(random.next()).description.suffix(8))!
    }

    private static func identity(at path: String) throws -> Identity? {
        guard let text = text(at: path) else { return nil }
        guard let identity = Identity(hex: text) else { throw ServeFailure.config("\(path) does not hold an identity") }
        return identity
    }

    private static func text(at path: String) -> String? {
        FileManager.default.contents(atPath: path).map {
            String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        }
    }

    private static func keep(_ text: String, at path: String, in directory: String) throws {
        try keep(Array(text.utf8), at: path, in: directory)
    }

    /// When it returns the whole file is durable.
    private static func keep(_ bytes: [UInt8], at path: String, in directory: String) throws {
        let file = try PosixFiles().open(path + ".new", .create)
        defer { file.close() }
        try file.truncate(to: 0)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
        try file.sync()
        try PosixFiles().rename(path + ".new", to: path)
        try PosixFiles().syncDirectory(directory)
    }

    /// The secret that seals batons where no cluster key is configured: made once, readable by this user only.
    static func localKey(directory: String) throws -> [UInt8] {
        let path = directory + "/local.key"
        if let kept = FileManager.default.contents(atPath: path) { return [UInt8](kept) }
        let bytes = SystemRandom().bytes(32)
        try keep(bytes, at: path, in: directory)
        return bytes
    }
}

/// Why `serve` ends, with the exit code that says so.
enum ServeFailure: Error, CustomStringConvertible {
    case journalDamaged(String)
    case directoryInUse(String)
    case listenRefused(String)
    case config(String)
    case failed(String)

    var exitCode: Int32 {
        switch self {
        case .journalDamaged: 65
        case .directoryInUse: 73
        case .listenRefused: 77
        case .config: 78
        case .failed: 1
        }
    }

    var description: String {
        switch self {
        case .journalDamaged(let text), .directoryInUse(let text), .listenRefused(let text), .config(let text),
            .failed(let text):
            text
        }
    }
}

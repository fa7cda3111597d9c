import Foundation
import Seams
import Settings
import Terminal
import Vocabulary

/// Which node this data directory is: chosen once, kept in it.
enum ServeIdentity {
    /// - Throws: `CommandFailure` where the configured id is another than the directory's.
    static func node(_ settings: ServerSettings, directory: String) throws -> NodeID {
        let path = directory + "/node-id"
        if let kept = FileManager.default.contents(atPath: path) {
            let text = String(decoding: kept, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            guard let id = NodeID(text) else {
                throw ServeFailure.config("\(path) does not hold a node's name")
            }
            if let wanted = settings.node.id, wanted != id {
                throw ServeFailure.config(
                    "the data directory belongs to node \(id), the configuration says node.id: \(wanted); use the directory of that node, or correct node.id"
                )
            }
            return id
        }
        let id = settings.node.id ?? NodeID("n1")!
        try Data((id.name + "\n").utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        try PosixFiles().syncDirectory(directory)
        return id
    }

    /// The secret that seals batons where no cluster key is configured: made once, readable by this user only.
    static func localKey(directory: String) throws -> [UInt8] {
        let path = directory + "/local.key"
        if let kept = FileManager.default.contents(atPath: path) { return [UInt8](kept) }
        let bytes = SystemRandom().bytes(32)
        let file = try PosixFiles().open(path + ".new", .create)
        defer { file.close() }
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
        try file.sync()
        try PosixFiles().rename(path + ".new", to: path)
        try PosixFiles().syncDirectory(directory)
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

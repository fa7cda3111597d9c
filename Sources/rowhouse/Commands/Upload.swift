import AsyncHTTPClient
import Foundation
import NIOCore
import Seams
import Terminal

/// A file to a node: read and sent piece by piece, as fast as the node takes it.
struct Upload {
    struct Outcome {
        let bytes: Int64
        let bookmark: String
        let isNew: Bool
    }

    let client: RemoteClient
    let path: String
    let source: String
    let label: String
    let headers: [(String, String)]

    /// - Throws: `CommandFailure`; the tenant is as it was, unless nobody knows.
    func run() async throws -> Outcome {
        let file = try SourceFile(source)
        defer { Console.endProgress() }
        let progress = ProgressPieces(file: file, label: label)
        let answer = try await client.upload(path, headers, .stream(progress, length: .known(file.byteCount)))
        guard let bookmark = answer.body["bookmark"]?.string else {
            throw CommandFailure(.unreachable, "the node's answer says nothing of a bookmark; is it a node's address?")
        }
        return Outcome(bytes: file.byteCount, bookmark: bookmark, isNew: answer.status == 201)
    }
}

/// A file that is read once, from its beginning.
struct SourceFile: Sendable {
    let path: String
    let byteCount: Int64
    let handle: FileHandle

    /// - Throws: `CommandFailure`.
    init(_ path: String) throws(CommandFailure) {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw CommandFailure(.failed, "\(path) cannot be read: \(SystemErrorText.words(errno))")
        }
        var facts = stat()
        guard fstat(handle.fileDescriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure(.failed, "\(path) is no file")
        }
        self.path = path
        self.handle = handle
        byteCount = Int64(facts.st_size)
    }
}

/// The pieces of a file, with a progress line that follows them.
private struct ProgressPieces: AsyncSequence, Sendable {
    typealias Element = ByteBuffer

    private static let piece = 1 << 20

    let file: SourceFile
    let label: String

    func makeAsyncIterator() -> Iterator { Iterator(file: file, label: label) }

    struct Iterator: AsyncIteratorProtocol {
        let file: SourceFile
        let label: String
        private var done: Int64 = 0
        private let start = ContinuousClock.now

        init(file: SourceFile, label: String) {
            self.file = file
            self.label = label
        }

        mutating func next() async throws -> ByteBuffer? {
            guard let data = try file.handle.read(upToCount: ProgressPieces.piece), !data.isEmpty else { return nil }
            Console.show(
                ProgressLine(
                    label: label, done: done, total: file.byteCount, elapsed: ContinuousClock.now - start))
            done += Int64(data.count)
            return ByteBuffer(bytes: data)
        }
    }
}

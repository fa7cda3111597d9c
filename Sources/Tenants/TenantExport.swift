import Seams
import Synchronization
package import Vocabulary

extension TenantEngine {
    /// The pages of a frozen tenant's file, in order. Valid as long as the tenant stays frozen; what is read after a thaw
    /// may be anything, and whoever compares checksums finds out.
    ///
    /// - Parameter state: as `freeze` returned it.
    /// - Parameter piecePages: pages of 4 KiB in one piece, but for the last; one piece is in memory at once.
    package func export(_ id: TenantID, _ state: TenantState, piecePages: UInt32 = 64) -> TenantPages {
        TenantPages(
            path: layout.path(of: id, state.generation), pageCount: state.pageCount, piecePages: max(piecePages, 1),
            isFrozen: true, files: files, copier: copier)
    }

    /// The pages of a file that is followed, as they are when they are read: torn, older or newer than the rest. Pages that
    /// were cut off meanwhile are zeros.
    package func export(_ file: FollowedFile, piecePages: UInt32 = 64) -> TenantPages {
        TenantPages(
            path: layout.path(of: file.tenant, file.state.generation), pageCount: file.filePages,
            piecePages: max(piecePages, 1), isFrozen: false, files: files, copier: copier)
    }

    /// Reads a frozen tenant's whole file and compares it with what the tenant's own books say. One that differs is damaged
    /// from then on and not served.
    ///
    /// - Returns: whether the file is what it should be.
    /// - Throws: `TenantsError`; nothing is known then.
    package func audit(_ id: TenantID, _ state: TenantState) async throws -> Bool {
        let found = try await FileChecksum.of(layout.path(of: id, state.generation), files, on: copier)
        if found.pageCount == state.pageCount, found.checksum == state.checksum { return true }
        try await withCheckedThrowingContinuation { continuation in
            submitUrgently(QuarantineWork(engine: self, Reply(continuation)), to: id)
        }
        return false
    }
}

/// Closes a tenant whose file is not what its checksum says.
private final class QuarantineWork: TenantWork {
    private let engine: TenantEngine
    private let reply: Reply<Void>

    init(engine: TenantEngine, _ reply: Reply<Void>) {
        self.engine = engine
        self.reply = reply
    }

    func handle(_ tenant: Tenant) -> Bool {
        if tenant.mustAwaitReaders(recalling: true) { return true }
        tenant.quarantine(engine.census)
        reply.send(.success(()))
        return true
    }

    func run(on database: TenantDatabase) -> WorkOutcome { .done(after: .none) }
    func refuse(_ error: TenantsError) { reply.send(.failure(error)) }
    func release() {}
}

/// The pages of a file, some at a time; one piece is in memory at once.
package struct TenantPages: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    let path: String
    package let pageCount: UInt32
    let piecePages: UInt32
    /// What is missing at the end of one that is not has been cut off.
    let isFrozen: Bool
    let files: any Files
    let copier: ServiceThread
    /// What was read so far, for whoever shows how far a move is.
    package let progress = PageProgress()

    package var byteCount: Int64 { Int64(pageCount) * Int64(PageHash.pageSize) }

    package func makeAsyncIterator() -> Iterator { Iterator(pages: self) }

    package struct Iterator: AsyncIteratorProtocol {
        private let pages: TenantPages
        private var source: Source?
        private var next: UInt32 = 0

        init(pages: TenantPages) { self.pages = pages }

        /// - Throws: `TenantsError`, also where the file is shorter than it should be; `CancellationError`.
        package mutating func next() async throws -> [UInt8]? {
            try Task.checkCancellation()
            guard next < pages.pageCount else { return nil }
            let (pages, opened, first) = (pages, source, next)
            let count = Swift.min(pages.piecePages, pages.pageCount - first)
            let (source, bytes) = try await pages.copier.run { () throws(TenantsError) in
                do throws(FileError) {
                    let source: Source
                    if let opened { source = opened } else { source = Source(try pages.files.open(pages.path, .read)) }
                    return (source, try source.read(count, from: first, isWhole: pages.isFrozen))
                } catch {
                    throw error.asTenantsError
                }
            }
            self.source = source
            next += count
            pages.progress.note(Int64(bytes.count))
            return bytes
        }
    }

    /// An open file that closes itself with its last user.
    fileprivate final class Source: Sendable {
        private let file: any File

        init(_ file: any File) { self.file = file }
        deinit { file.close() }

        func read(_ count: UInt32, from first: UInt32, isWhole: Bool) throws(FileError) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: Int(count) * PageHash.pageSize)
            let read = try bytes.withUnsafeMutableBytesTyped { raw throws(FileError) in
                try file.read(into: raw, at: Int64(first) * Int64(PageHash.pageSize))
            }
            guard read == bytes.count || !isWhole else {
                throw .failed(operation: "read of \(count) pages from page \(first + 1)", path: "", errno: 0)
            }
            return bytes
        }
    }
}

/// Bytes of a copy that have been read.
package final class PageProgress: Sendable {
    private let count = Atomic<Int64>(0)
    package var bytes: Int64 { count.load(ordering: .relaxed) }
    func note(_ more: Int64) { count.add(more, ordering: .relaxed) }
}

import Seams
import Vocabulary

/// Bytes that a replica is given: part of a history's files, readable for as long as somebody holds this.
package struct ReplicaContent: Sendable {
    private enum Kind {
        /// The generation's first state as a database file.
        case file(ReplicaFile)
        /// The same as the frames of one commit.
        case image(ReplicaFile, pages: UInt32)
        case frames(ReplicaFile, from: UInt32)
    }

    /// Pages or frames that are read at a time.
    private static let piece: Int64 = 64

    package let byteCount: Int64
    private let kind: Kind
    private let reader: ServiceThread

    private init(_ kind: Kind, _ byteCount: Int64, _ reader: ServiceThread) {
        self.kind = kind
        self.byteCount = byteCount
        self.reader = reader
    }

    static func file(_ ledger: ReplicaLedger, _ reader: ServiceThread) -> ReplicaContent {
        ReplicaContent(.file(ledger.base), ledger.baseBytes, reader)
    }

    static func image(_ ledger: ReplicaLedger, _ reader: ServiceThread) -> ReplicaContent {
        let pages = ledger.history.basePages
        return ReplicaContent(
            .image(ledger.base, pages: pages),
            Int64(ReplicaImage.frameCount(pages: pages)) * Int64(ReplicaFrame.bytes), reader)
    }

    static func frames(_ ledger: ReplicaLedger, _ frames: Range<UInt32>, _ reader: ServiceThread) -> ReplicaContent {
        ReplicaContent(
            .frames(ledger.log, from: frames.lowerBound), Int64(frames.count) * Int64(ReplicaFrame.bytes), reader)
    }

    /// The next bytes, some hundred KiB.
    ///
    /// - Parameter offset: 0, then where the piece before ended.
    /// - Throws: `TenantsError`; `.busy` where too much waits for the disk.
    package func piece(at offset: Int64) async throws -> [UInt8] {
        try await reader.run { () throws(TenantsError) in
            do throws(FileError) { return try self.read(at: offset) } catch { throw error.asTenantsError }
        }
    }

    private func read(at offset: Int64) throws(FileError) -> [UInt8] {
        switch kind {
        case .file(let base):
            let most = Self.piece * Int64(PageHash.pageSize)
            return try base.read(Int(min(most, byteCount - offset)), at: offset)
        case .frames(let log, let from):
            let most = Self.piece * Int64(ReplicaFrame.bytes)
            return try log.read(
                Int(min(most, byteCount - offset)), at: ReplicaLogHeader.offset(ofFrame: from) + offset)
        case .image(let base, let pages):
            return try frame(base, pages, from: UInt32(offset / Int64(ReplicaFrame.bytes)) + 1)
        }
    }

    private func frame(_ base: ReplicaFile, _ pages: UInt32, from first: UInt32) throws(FileError) -> [UInt8] {
        let last = min(first + UInt32(Self.piece) - 1, ReplicaImage.frameCount(pages: pages))
        var bytes = [UInt8](repeating: 0, count: Int(last - first + 1) * ReplicaFrame.bytes)
        for frame in first...last {
            let page = ReplicaImage.page(ofFrame: frame)
            let start = Int(frame - first) * ReplicaFrame.bytes
            let content = try base.read(PageHash.pageSize, at: Int64(page - 1) * Int64(PageHash.pageSize))
            bytes.withUnsafeMutableBytes { raw in
                ReplicaFrame.writeHeader(
                    UnsafeMutableRawBufferPointer(rebasing: raw[start...]), page: page, size: page == pages ? pages : 0)
                UnsafeMutableRawBufferPointer(rebasing: raw[(start + ReplicaFrame.headerBytes)...])
                    .copyBytes(from: content)
            }
        }
        return bytes
    }
}

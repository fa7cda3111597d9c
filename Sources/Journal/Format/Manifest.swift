package import Vocabulary

/// What recovery begins with. 128 bytes (version 1), little-endian:
///
/// | offset | bytes | |
/// |---|---|---|
/// | 0 | 4 | magic `RHJM` |
/// | 4 | 4 | version, 1 |
/// | 8 | 8 | recovery point |
/// | 16 | 8 | durable LSN when it was written |
/// | 24 | 8 | generation ceiling |
/// | 32 | 8 | 1 if the node state's own state follows, else 0 |
/// | 40 | 8 | its generation |
/// | 48 | 8 | its epoch |
/// | 56 | 8 | its TxID |
/// | 64 | 8 | its wall time |
/// | 72 | 8 | its pages |
/// | 80 | 8 | its rolling checksum |
/// | 88 | 36 | zero |
/// | 124 | 4 | CRC32C of bytes 0–123 |
package struct Manifest: Hashable, Sendable {
    static let size = 128
    static let magic: UInt32 = 0x4D4A_4852
    static let version: UInt32 = 1

    /// Everything up to it is in synced tenant files (rule J3); recovery begins behind it.
    package var recoveryPoint: LSN
    package var durable: LSN
    /// Generations below it may have been used on this node; none at or above it was.
    package var generationCeiling: Generation
    /// The newest state of the node state database as of the recovery point: it cannot stand in itself.
    package var nodeState: TenantState?

    package init(recoveryPoint: LSN, durable: LSN, generationCeiling: Generation, nodeState: TenantState?) {
        self.recoveryPoint = recoveryPoint
        self.durable = durable
        self.generationCeiling = generationCeiling
        self.nodeState = nodeState
    }

    static let first = Manifest(
        recoveryPoint: .none, durable: .none, generationCeiling: Generation(1), nodeState: nil)

    func encoded() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Self.size)
        bytes.withUnsafeMutableBytes { buffer in
            let target = buffer.baseAddress!
            target.put(Self.magic, at: 0)
            target.put(Self.version, at: 4)
            target.put(recoveryPoint.rawValue, at: 8)
            target.put(durable.rawValue, at: 16)
            target.put(generationCeiling.rawValue, at: 24)
            if let state = nodeState {
                target.put(UInt64(1), at: 32)
                target.put(state.generation.rawValue, at: 40)
                target.put(state.epoch.rawValue, at: 48)
                target.put(state.txid.rawValue, at: 56)
                target.put(state.time.milliseconds, at: 64)
                target.put(UInt64(state.pageCount), at: 72)
                target.put(state.checksum, at: 80)
            }
            target.put(CRC32C.of(UnsafeRawBufferPointer(start: target, count: 124)), at: 124)
        }
        return bytes
    }

    init(decoding bytes: [UInt8]) throws(JournalError) {
        guard bytes.count == Self.size else { throw .manifest("has \(bytes.count) bytes instead of \(Self.size)") }
        let decoded: Result<Manifest, JournalError> = bytes.withUnsafeBytes { .init(checking: $0.baseAddress!) }
        self = try decoded.get()
    }
}

extension Result<Manifest, JournalError> {
    fileprivate init(checking source: UnsafeRawPointer) {
        let magic: UInt32 = source.get(0)
        let version: UInt32 = source.get(4)
        let sum: UInt32 = source.get(124)
        guard magic == Manifest.magic else {
            self = .failure(.manifest("does not begin as one"))
            return
        }
        guard version == Manifest.version else {
            self = .failure(.version(version))
            return
        }
        guard sum == CRC32C.of(UnsafeRawBufferPointer(start: source, count: 124)) else {
            self = .failure(.manifest("does not match its checksum"))
            return
        }
        let hasState: UInt64 = source.get(32)
        let state = TenantState(
            generation: Generation(source.get(40)), epoch: Epoch(source.get(48)), txid: TxID(source.get(56)),
            time: WallTime(milliseconds: source.get(64)),
            pageCount: UInt32(truncatingIfNeeded: source.get(72, as: UInt64.self)), checksum: source.get(80))
        self = .success(
            Manifest(
                recoveryPoint: LSN(source.get(8)), durable: LSN(source.get(16)),
                generationCeiling: Generation(source.get(24)), nodeState: hasState == 1 ? state : nil))
    }
}

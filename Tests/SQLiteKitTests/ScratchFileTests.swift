import CSQLite
import Seams
import Synchronization
import Testing

@testable import SQLiteKit

/// A large copy that is written beside others' work.
@Suite struct ScratchFileTests {
    private static func write(_ pages: Int, to scratch: ScratchFile) -> [Int32] {
        let page = [UInt8](repeating: 7, count: 4_096)
        return (0..<pages).map { number in
            page.withUnsafeBytes { scratch.write($0, at: Int64(number) * 4_096) }
        }
    }

    @Test func `it is synced as it grows`() {
        let file = CountingFile()
        let scratch = ScratchFile(path: "/copy", name: "copy", file: file)
        #expect(Self.write(3 * 4_096 + 5, to: scratch).allSatisfy { $0 == SQLITE_OK })
        #expect(file.most == 16 << 20)
        #expect(scratch.byteCount == 3 * (16 << 20) + 5 * 4_096)
    }

    @Test func `it ends where it may not go on, a while after`() {
        let scratch = ScratchFile(path: "/copy", name: "copy", file: CountingFile()) { false }
        let codes = Self.write(2 * 4_096, to: scratch)
        #expect(codes.firstIndex(of: SQLITE_INTERRUPT) == 4_095)
        #expect(scratch.error == nil)
    }
}

/// Counts the bytes that no sync has covered.
private final class CountingFile: File {
    private let state = Mutex<(waiting: Int, most: Int)>((0, 0))

    var most: Int { state.withLock { $0.most } }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws(FileError) {
        state.withLock { state in
            state.waiting += bytes.count
            state.most = max(state.most, state.waiting)
        }
    }

    func sync() throws(FileError) { state.withLock { $0.waiting = 0 } }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int { 0 }
    func write(vector: [UnsafeRawBufferPointer], at offset: Int64) throws(FileError) {}
    func truncate(to size: Int64) throws(FileError) {}
    func size() throws(FileError) -> Int64 { 0 }
    func close() {}
}

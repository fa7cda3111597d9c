import Glibc
import Simulator
import Testing

@testable import Journal
@testable import Seams

@Suite struct ListingTests {
    /// Three entries, then what the system says at the end.
    private func list(endingWith code: Int32) throws -> [String] {
        let entry = UnsafeMutablePointer<dirent>.allocate(capacity: 1)
        defer { entry.deallocate() }
        var left = [".", "b", "a"]
        return try PosixFiles.names(in: "/data") {
            guard !left.isEmpty else {
                if code != 0 { errno = code }
                return nil
            }
            entry.initialize(to: dirent())
            let name = left.removeFirst()
            withUnsafeMutableBytes(of: &entry.pointee.d_name) { $0.copyBytes(from: Array(name.utf8) + [0]) }
            return entry
        }
    }

    @Test func `a listing is sorted and without the folder itself`() throws {
        errno = EIO
        #expect(try list(endingWith: 0) == ["a", "b"])
    }

    @Test func `a listing that the disk cuts short is none`() {
        #expect(throws: FileError.failed(operation: "readdir", path: "/data", errno: EIO)) {
            try list(endingWith: EIO)
        }
    }

    @Test func `a segment is never put in another's place`() throws {
        let world = try TestWorld()
        let store = SegmentStore(files: world.disk, directory: TestWorld.journalPath)
        let before = world.disk.bytes(of: store.path(1))
        #expect(before != nil)
        #expect(throws: FileError.exists(path: store.path(1))) { try store.make(1, length: 64 * 1024) }
        #expect(world.disk.bytes(of: store.path(1)) == before)
    }
}

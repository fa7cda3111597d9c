import Testing

@testable import Tenants

@Suite struct VirtualTableTextTests {
    @Test(
        arguments: [
            ("CREATE VIRTUAL TABLE a USING fts5(x)", "fts5"), ("create virtual table a.b using FTS5", "fts5"),
            ("CREATE VIRTUAL TABLE \"using\" USING rtree(a)", "rtree"),
            ("CREATE VIRTUAL TABLE [a]/*USING x*/USING[b c]", "b c"),
            ("CREATE VIRTUAL TABLE a -- USING x\n USING 'q''r'", "q'r"), ("CREATE TABLE a(b)", nil), ("", nil),
            ("CREATE VIRTUAL TABLE a", nil), ("CREATE VIRTUAL TABLE a USING", nil), ("CREATE VIRTUAL TABLE `", nil),
        ] as [(String, String?)])
    func `a module is found whatever stands around it`(_ sql: String, _ module: String?) {
        #expect(VirtualTableText.module(of: sql) == module)
    }
}

@Suite struct UploadHeaderTests {
    private static func header(_ change: (inout [UInt8]) -> Void = { _ in }) -> [UInt8] {
        var bytes = Array("SQLite format 3\0".utf8) + [UInt8](repeating: 0, count: 84)
        bytes[16] = 0x10
        (bytes[18], bytes[19], bytes[21], bytes[22], bytes[23]) = (1, 1, 64, 32, 32)
        change(&bytes)
        return bytes
    }

    @Test func `page sizes, encodings and counts are read`() throws {
        let plain = try UploadHeader(Self.header(), size: 8192)
        #expect(plain.pageSize == 4096 && plain.pageCount == 2 && plain.encoding == .utf8)
        let large = try UploadHeader(Self.header { ($0[16], $0[17], $0[59]) = (0, 1, 3) }, size: 65_536)
        #expect(large.pageSize == 65_536 && large.pageCount == 1 && large.encoding == .utf16)
        // A count that is not of the last change counts for nothing.
        #expect(try UploadHeader(Self.header { ($0[27], $0[31]) = (1, 9) }, size: 8192).pageCount == 2)
    }

    @Test func `a count that is wrong is a lie`() {
        #expect(throws: UploadFailure.self) { try UploadHeader(Self.header { $0[31] = 3 }, size: 8192) }
        #expect(throws: UploadFailure.self) { try UploadHeader(Self.header { $0[31] = 1 }, size: 8192) }
        #expect(throws: UploadFailure.self) { try UploadHeader(Self.header(), size: 8193) }
        #expect(throws: UploadFailure.self) { try UploadHeader(Array(Self.header().prefix(99)), size: 99) }
        #expect(throws: UploadFailure.self) { try UploadHeader([], size: 0) }
    }
}

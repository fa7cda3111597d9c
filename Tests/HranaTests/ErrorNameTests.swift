import Hrana
import Testing

@Suite struct ErrorNameTests {
    @Test(
        arguments: [
            (1, "SQLITE_UNKNOWN"), (5, "SQLITE_BUSY"), (6, "SQLITE_LOCKED"), (8, "SQLITE_READONLY"),
            (9, "SQLITE_INTERRUPT"),
            (11, "SQLITE_CORRUPT"), (13, "SQLITE_FULL"), (18, "SQLITE_TOOBIG"), (19, "SQLITE_CONSTRAINT"),
            (20, "SQLITE_MISMATCH"), (23, "SQLITE_AUTH"), (25, "SQLITE_RANGE"), (26, "SQLITE_NOTADB"),
            (28, "SQLITE_WARNING"),
            (2067, "SQLITE_CONSTRAINT"), (517, "SQLITE_BUSY"), (257, "SQLITE_UNKNOWN"), (0, "SQLITE_UNKNOWN"),
            (29, "SQLITE_UNKNOWN"), (100, "SQLITE_UNKNOWN"), (-1, "SQLITE_UNKNOWN"),
        ] as [(Int32, String)])
    func `a result code's name is its primary code's`(code: Int32, name: String) {
        #expect(SQLiteErrorName.of(code: code) == name)
    }
}

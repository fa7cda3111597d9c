/// Makes whole lines of bytes as they are read.
package struct LineAssembler: Sendable {
    private var bytes: [UInt8] = []

    package init() {}

    /// Bytes of a line whose end has not come.
    package var pendingBytes: Int { bytes.count }

    /// - Returns: the lines that are whole now, with their line ends.
    /// - Throws: `CommandFailure` for what is not UTF-8.
    package mutating func feed(_ piece: some Collection<UInt8>) throws(CommandFailure) -> String {
        let before = bytes.count
        bytes.append(contentsOf: piece)
        guard let end = bytes[before...].lastIndex(of: 0x0A) else { return "" }
        return try take(end + 1)
    }

    /// What is left at the end.
    package mutating func finish() throws(CommandFailure) -> String { try take(bytes.count) }

    private mutating func take(_ count: Int) throws(CommandFailure) -> String {
        guard let text = String(validating: bytes[..<count], as: UTF8.self) else {
            throw CommandFailure(.failed, "the text is not UTF-8")
        }
        bytes.removeFirst(count)
        return text
    }
}

/// Takes comma-separated values apart (RFC 4180), in pieces of any size. Quotes keep commas, quotes and line ends.
package struct CSVReader: Sendable {
    /// Of one record.
    private static let largest = 32 << 20

    package struct Record: Sendable, Equatable {
        /// nil for an empty field without quotes.
        package let fields: [String?]
        /// Where it begins: a line of the file, from 1.
        package let line: Int
    }

    private enum State { case start, bare, quoted, quoteInQuoted }

    private var state = State.start
    private var field: [UInt8] = []
    private var isQuoted = false
    private var fields: [String?] = []
    private var size = 0
    private var line = 1
    private var firstLine = 1
    private var isFirst = true

    package init() {}

    /// - Parameter record: is called with each record that is whole.
    /// - Throws: `CommandFailure` for what is not UTF-8 or has no end; what `record` throws.
    package mutating func feed(_ bytes: some Sequence<UInt8>, _ record: (Record) throws -> Void) throws {
        for byte in bytes {
            if byte == 0x0A { line += 1 }
            try take(byte, record)
            guard size <= Self.largest else {
                throw CommandFailure(
                    .failed, "line \(firstLine): a record of more than 32 MiB, or a quote without an end")
            }
        }
    }

    /// What is left at the end.
    package mutating func finish(_ record: (Record) throws -> Void) throws {
        if state != .start || !fields.isEmpty { try endRecord(record) }
    }

    private mutating func take(_ byte: UInt8, _ record: (Record) throws -> Void) throws {
        switch (state, byte) {
        case (.quoted, UInt8(ascii: "\"")): state = .quoteInQuoted
        case (.quoted, _): append(byte)
        case (.quoteInQuoted, UInt8(ascii: "\"")):
            append(byte)
            state = .quoted
        case (_, UInt8(ascii: ",")): try endField()
        case (.start, 0x0A) where fields.isEmpty: firstLine = line
        case (_, 0x0A): try endRecord(record)
        case (.start, UInt8(ascii: "\"")):
            state = .quoted
            isQuoted = true
        default:
            append(byte)
            state = .bare
        }
    }

    private mutating func append(_ byte: UInt8) {
        field.append(byte)
        size += 1
    }

    private mutating func endField() throws {
        if !isQuoted || state == .bare, field.last == 0x0D { field.removeLast() }
        if isFirst, field.starts(with: [0xEF, 0xBB, 0xBF]) { field.removeFirst(3) }
        isFirst = false
        guard let text = String(validating: field, as: UTF8.self) else {
            throw CommandFailure(.failed, "line \(firstLine): the text is not UTF-8")
        }
        fields.append(text.isEmpty && !isQuoted ? nil : text)
        field.removeAll(keepingCapacity: true)
        (state, isQuoted) = (.start, false)
    }

    private mutating func endRecord(_ record: (Record) throws -> Void) throws {
        // A line end of two characters: the first belongs to no field.
        let isBlank = fields.isEmpty && !isQuoted && (field.isEmpty || field == [0x0D])
        try endField()
        let done = Record(fields: fields, line: firstLine)
        fields = []
        size = 0
        firstLine = line
        if !isBlank { try record(done) }
    }
}

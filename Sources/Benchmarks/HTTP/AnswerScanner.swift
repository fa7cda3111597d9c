/// Finds the end of an HTTP/1.1 answer and whether it tells of success. A pure function over what has arrived so far.
///
/// It knows what the servers under load send: a status line, fields, a body of a length that the head tells.
enum AnswerScanner {
    enum Verdict: Equatable {
        case incomplete
        /// - Parameters:
        ///   - bytes: head and body.
        ///   - failure: what went wrong, if something did.
        case complete(bytes: Int, failure: String?)
        case broken(String)
    }

    /// A head that is longer is none.
    private static let longestHead = 16_384

    static func scan(_ bytes: UnsafeRawBufferPointer) -> Verdict {
        guard let head = headLength(bytes) else {
            return bytes.count > longestHead ? .broken("an answer without an end of its head") : .incomplete
        }
        guard let length = contentLength(bytes, head) else { return .broken("an answer without Content-Length") }
        guard bytes.count >= head + length else { return .incomplete }
        let body = UnsafeRawBufferPointer(rebasing: bytes[head..<head + length])
        return .complete(bytes: head + length, failure: failure(status(bytes), body))
    }

    /// Up to and with the empty line.
    private static func headLength(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 3
        while index < bytes.count {
            // Only a line end can end the head: most bytes are left with one look.
            if bytes[index] == 10, bytes[index - 1] == 13, bytes[index - 2] == 10, bytes[index - 3] == 13 {
                return index + 1
            }
            index += 1
        }
        return nil
    }

    /// `HTTP/1.1 200 OK`
    private static func status(_ bytes: UnsafeRawBufferPointer) -> Int {
        guard bytes.count > 12 else { return 0 }
        return (9..<12).reduce(0) { $0 * 10 + (Int(bytes[$1]) - 48) }
    }

    private static let field = Array("content-length:".utf8)

    private static func contentLength(_ bytes: UnsafeRawBufferPointer, _ head: Int) -> Int? {
        var line = 0
        while line + field.count < head {
            if bytes[line] | 0x20 == field[0], matches(bytes, line) { return number(bytes, line + field.count) }
            while line < head, bytes[line] != 10 { line += 1 }
            line += 1
        }
        return nil
    }

    private static func matches(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Bool {
        for index in 0..<field.count where bytes[start + index] | 0x20 != field[index] | 0x20 { return false }
        return true
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int? {
        var index = start
        var value: Int?
        while index < bytes.count, bytes[index] == 32 { index += 1 }
        while index < bytes.count, (48...57).contains(bytes[index]), value ?? 0 < 1 << 40 {
            value = (value ?? 0) * 10 + Int(bytes[index] - 48)
            index += 1
        }
        return value
    }

    private static let mark = Array(#""error""#.utf8)

    /// Hrana tells of a failed statement in a body with status 200.
    private static func failure(_ status: Int, _ body: UnsafeRawBufferPointer) -> String? {
        if status == 200, !contains(body, mark) { return nil }
        // The beginning says it; the rest may hold what differs from request to request.
        return "status \(status): " + String(decoding: body.prefix(160), as: UTF8.self)
    }

    private static func contains(_ bytes: UnsafeRawBufferPointer, _ word: [UInt8]) -> Bool {
        var index = 0
        let last = bytes.count - word.count
        while index <= last {
            if bytes[index] == word[0], bytes[index + 1] == word[1], bytes[index + 2] == word[2],
                (3..<word.count).allSatisfy({ bytes[index + $0] == word[$0] })
            {
                return true
            }
            index += 1
        }
        return false
    }
}

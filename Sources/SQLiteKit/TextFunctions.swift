import CSQLite
import Glibc

/// SQLite's own `instr`, `replace`, `trim`, `ltrim` and `rtrim` compare everything with everything: two texts of some
/// hundred KiB keep a thread for minutes, and nothing can interrupt a function. These give the same results in linear time.
enum TextFunctions {
    static func register(on database: OpaquePointer) {
        let flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS
        func add(_ name: String, _ count: Int32, _ tag: Int, _ body: @escaping Function) {
            sqlite3_create_function_v2(
                database, name, count, flags, UnsafeMutableRawPointer(bitPattern: tag), body, nil, nil, nil)
        }
        add("instr", 2, 0, instr)
        add("replace", 3, 0, replace)
        for (name, sides) in [("ltrim", TrimSides.left), ("rtrim", .right), ("trim", [.left, .right])] {
            add(name, 1, sides.rawValue, trim)
            add(name, 2, sides.rawValue, trim)
        }
    }

    typealias Function = @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void
}

struct TrimSides: OptionSet {
    let rawValue: Int
    static let left = TrimSides(rawValue: 1)
    static let right = TrimSides(rawValue: 2)
}

// MARK: instr

private let instr: TextFunctions.Function = { context, _, arguments in
    let (haystack, needle) = (arguments![0], arguments![1])
    let types = (sqlite3_value_type(haystack), sqlite3_value_type(needle))
    guard types.0 != SQLITE_NULL, types.1 != SQLITE_NULL else { return }
    let isText = types.0 != SQLITE_BLOB || types.1 != SQLITE_BLOB
    guard let whole = bytes(haystack, asText: isText), let part = bytes(needle, asText: isText) else {
        return sqlite3_result_error_nomem(context)
    }
    sqlite3_result_int64(context, TextSearch.position(of: part, in: whole, isText: isText))
}

enum TextSearch {
    /// 1 for the first character (of a text) or byte; 0 where it is not.
    static func position(of needle: UnsafeRawBufferPointer, in haystack: UnsafeRawBufferPointer, isText: Bool) -> Int64
    {
        guard let first = needle.first else { return 1 }
        // Texts are compared from where a character begins; the very first byte counts as such a place.
        if isText, isContinuation(first) { return haystack.starts(with: needle) ? 1 : 0 }
        guard let offset = find(needle, in: haystack) else { return 0 }
        guard isText else { return Int64(offset) + 1 }
        guard offset > 0 else { return 1 }
        var count: Int64 = 1
        for byte in haystack[1...offset] where !isContinuation(byte) { count += 1 }
        return count
    }

    static func find(_ needle: UnsafeRawBufferPointer, in haystack: UnsafeRawBufferPointer) -> Int? {
        guard let base = haystack.baseAddress,
            let found = rh_find(base, haystack.count, needle.baseAddress, needle.count)
        else { return nil }
        return found - base
    }

    static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}

// MARK: replace

private let replace: TextFunctions.Function = { context, _, arguments in
    guard let text = bytes(arguments![0], asText: true), let pattern = bytes(arguments![1], asText: true) else {
        return
    }
    // As SQLite has it: a pattern that begins with a zero byte is an empty one, and an empty one changes nothing.
    guard let first = pattern.first, first != 0 else { return sqlite3_result_value(context, arguments![0]) }
    guard let substitute = bytes(arguments![2], asText: true) else { return }
    var matches = 0
    forEachMatch(of: pattern, in: text) { _ in matches += 1 }
    let (growth, isBeyond) = matches.multipliedReportingOverflow(by: substitute.count - pattern.count)
    let limit = Int(sqlite3_limit(sqlite3_context_db_handle(context), SQLITE_LIMIT_LENGTH, -1))
    guard !isBeyond, text.count + growth <= limit else { return sqlite3_result_error_toobig(context) }
    let count = text.count + growth
    guard let result = sqlite3_malloc64(UInt64(count + 1)) else { return sqlite3_result_error_nomem(context) }
    var target = result
    var position = 0
    func put(_ piece: UnsafeRawBufferPointer) {
        guard let base = piece.baseAddress, !piece.isEmpty else { return }
        target.copyMemory(from: base, byteCount: piece.count)
        target += piece.count
    }
    forEachMatch(of: pattern, in: text) { offset in
        put(UnsafeRawBufferPointer(rebasing: text[position..<offset]))
        put(substitute)
        position = offset + pattern.count
    }
    put(UnsafeRawBufferPointer(rebasing: text[position...]))
    target.storeBytes(of: 0, as: UInt8.self)
    sqlite3_result_text64(
        context, result.assumingMemoryBound(to: CChar.self), UInt64(count), sqlite3_free, UInt8(SQLITE_UTF8))
}

private func forEachMatch(
    of pattern: UnsafeRawBufferPointer, in text: UnsafeRawBufferPointer, _ body: (Int) -> Void
) {
    guard let base = text.baseAddress, let wanted = pattern.baseAddress else { return }
    var position = 0
    while position < text.count, let found = rh_find(base + position, text.count - position, wanted, pattern.count) {
        body(found - base)
        position = found - base + pattern.count
    }
}

// MARK: trim

private let trim: TextFunctions.Function = { context, count, arguments in
    guard sqlite3_value_type(arguments![0]) != SQLITE_NULL else { return }
    guard let text = bytes(arguments![0], asText: true) else { return sqlite3_result_error_nomem(context) }
    let characters: TrimCharacters?
    if count == 1 {
        characters = .space
    } else {
        guard let set = bytes(arguments![1], asText: true) else { return }
        characters = TrimCharacters(set)
    }
    guard let characters else {
        let message = "the characters to trim are not UTF-8"
        return sqlite3_result_error(context, message, Int32(message.utf8.count))
    }
    let sides = TrimSides(rawValue: Int(bitPattern: sqlite3_user_data(context)))
    let kept = characters.trimmed(text, sides)
    sqlite3_result_text64(
        context, kept.baseAddress?.assumingMemoryBound(to: CChar.self) ?? emptyText, UInt64(kept.count),
        transient, UInt8(SQLITE_UTF8))
}

/// The characters that a call trims; of those that a text could begin with, the first named counts, as in SQLite.
struct TrimCharacters {
    /// A character's bytes behind a one → where in the set it stands.
    private var places: [UInt64: Int] = [:]
    private var lengths: Set<Int> = []

    static let space = TrimCharacters([0x20])

    private init(_ bytes: [UInt8]) {
        for byte in bytes { add([byte]) }
    }

    /// Up to the first zero byte. Nil where a character has more than four bytes.
    init?(_ set: UnsafeRawBufferPointer) {
        var index = 0
        while index < set.count, set[index] != 0 {
            let start = index
            index += 1
            if set[start] >= 0xC0 {
                while index < set.count, TextSearch.isContinuation(set[index]) { index += 1 }
            }
            guard index - start <= 4 else { return nil }
            add(set[start..<index])
        }
    }

    private mutating func add(_ character: some Collection<UInt8>) {
        let place = places.count
        let key = Self.key(character)
        if places[key] == nil { places[key] = place }
        lengths.insert(character.count)
    }

    private static func key(_ character: some Collection<UInt8>) -> UInt64 {
        character.reduce(1) { $0 << 8 | UInt64($1) }
    }

    func trimmed(_ text: UnsafeRawBufferPointer, _ sides: TrimSides) -> UnsafeRawBufferPointer {
        var rest = text[...]
        if sides.contains(.left) {
            while let length = first(in: rest, { $0.prefix($1) }) { rest = rest.dropFirst(length) }
        }
        if sides.contains(.right) {
            while let length = first(in: rest, { $0.suffix($1) }) { rest = rest.dropLast(length) }
        }
        return UnsafeRawBufferPointer(rebasing: rest)
    }

    private typealias Bytes = Slice<UnsafeRawBufferPointer>

    private func first(in rest: Bytes, _ end: (Bytes, Int) -> Bytes) -> Int? {
        var best: (place: Int, length: Int)?
        for length in lengths where length <= rest.count {
            guard let place = places[Self.key(end(rest, length))], place < best?.place ?? .max else { continue }
            best = (place, length)
        }
        return best?.length
    }
}

// MARK: Values

nonisolated(unsafe) private let emptyText = UnsafePointer(strdup("")!)

/// SQLITE_TRANSIENT, which Swift does not import: SQLite copies the bytes.
nonisolated(unsafe) private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// Nil for NULL, and where there is no memory for a conversion.
private func bytes(_ value: OpaquePointer?, asText: Bool) -> UnsafeRawBufferPointer? {
    guard asText else {
        return UnsafeRawBufferPointer(start: sqlite3_value_blob(value), count: Int(sqlite3_value_bytes(value)))
    }
    guard let text = sqlite3_value_text(value) else { return nil }
    return UnsafeRawBufferPointer(start: text, count: Int(sqlite3_value_bytes(value)))
}

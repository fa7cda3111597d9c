import Foundation
import Hrana

typealias Decode<T> = (UnsafeRawBufferPointer) throws(HranaDecodingError) -> T

/// What decoding `bytes` comes to.
func outcome<T>(_ bytes: UnsafeRawBufferPointer, _ body: Decode<T>) -> Result<T, HranaDecodingError> {
    do { return .success(try body(bytes)) } catch { return .failure(error) }
}

/// Decodes `text`; nil when it is refused.
func decoding<T>(_ text: String, _ body: Decode<T>) -> T? {
    try? Array(text.utf8).withUnsafeBytes { outcome($0, body) }.get()
}

/// Why `text` is refused; nil when it is accepted.
func refusal<T>(_ text: [UInt8], _ body: Decode<T>) -> HranaDecodingError? {
    text.withUnsafeBytes { outcome($0, body) }.failure
}

extension Result {
    var failure: Failure? {
        if case .failure(let error) = self { error } else { nil }
    }
}

func pipeline(_ text: String, version: HranaVersion = .three) -> PipelineRequest? {
    decoding(text, HranaDecoder(version: version).pipeline)
}

func pipelineRefusal(
    _ text: String, version: HranaVersion = .three, limits: HranaLimits = HranaLimits()
) -> HranaDecodingError? {
    refusal(Array(text.utf8), HranaDecoder(version: version, limits: limits).pipeline)
}

/// The value that `text` stands for as an argument; nil when it is refused.
func decodedValue(_ text: String) -> Value? {
    guard let request = pipeline(#"{"requests":[{"type":"execute","stmt":{"sql":"","args":[\#(text)]}}]}"#),
        case .execute(let statement) = request.requests[0]
    else { return nil }
    return statement.arguments[0]
}

/// What `body` writes.
func written(_ body: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    body(&writer)
    return String(decoding: writer.bytes.bytes, as: UTF8.self)
}

/// `text` as Foundation reads it.
func parsed(_ text: String) -> Any? {
    try? JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
}

/// A small, seeded generator (SplitMix64).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func roll(_ sides: Int) -> Int { Int(next() % UInt64(sides)) }
    mutating func pick<T>(_ items: [T]) -> T { items[roll(items.count)] }
}

/// Memory between two pages that must not be touched: reading one byte beyond what was asked for ends the process.
final class GuardedMemory {
    private let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    private let size: Int
    private let base: UnsafeMutableRawPointer

    init(capacity: Int) {
        size = (capacity + page - 1) / page * page
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        base = mmap(nil, size + 2 * page, PROT_READ | PROT_WRITE, flags, -1, 0)
        precondition(base != MAP_FAILED)
        mprotect(base, page, PROT_NONE)
        mprotect(base + page + size, page, PROT_NONE)
    }

    deinit { munmap(base, size + 2 * page) }

    /// Puts `bytes` right before the guarded page, or right after the one before.
    func withBytes<R>(_ bytes: some Collection<UInt8>, atEnd: Bool = true, _ body: (UnsafeRawBufferPointer) -> R) -> R {
        let start = base + page + (atEnd ? size - bytes.count : 0)
        let space = UnsafeMutableRawBufferPointer(start: start, count: bytes.count)
        space.copyBytes(from: bytes)
        return body(UnsafeRawBufferPointer(space))
    }
}

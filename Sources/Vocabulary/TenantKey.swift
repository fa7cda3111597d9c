/// The partition key by which clients name a tenant: 1–128 bytes of UTF-8, no control characters, not `.` or `..`,
/// compared byte for byte. Composite keys (`dm:17:42`) are the application's affair.
package struct TenantKey: Hashable, Sendable, CustomStringConvertible {
    package static let maximumBytes = 128

    package let string: String

    /// - Throws: `TenantKeyError` naming the first rule that the text breaks.
    package init(_ text: String) throws(TenantKeyError) {
        let count = text.utf8.count
        guard count > 0 else { throw .empty }
        guard count <= Self.maximumBytes else { throw .tooLong(bytes: count) }
        guard text != ".", text != ".." else { throw .dots }
        for scalar in text.unicodeScalars where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) {
            throw .control
        }
        self.string = text
    }

    package var description: String { string }

    /// Byte for byte: Swift's own `==` on strings would join canonically equivalent spellings.
    package static func == (a: TenantKey, b: TenantKey) -> Bool {
        let same = a.string.utf8.withContiguousStorageIfAvailable { left in
            b.string.utf8.withContiguousStorageIfAvailable { right in
                left.count == right.count && left.elementsEqual(right)
            }
        }
        return (same ?? nil) ?? a.string.utf8.elementsEqual(b.string.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        let isContiguous: Void? = string.utf8.withContiguousStorageIfAvailable {
            hasher.combine(bytes: UnsafeRawBufferPointer($0))
        }
        if isContiguous == nil { Array(string.utf8).withUnsafeBytes { hasher.combine(bytes: $0) } }
    }
}

package enum TenantKeyError: Error, Equatable, CustomStringConvertible {
    case empty
    case tooLong(bytes: Int)
    case dots
    case control

    package var description: String {
        switch self {
        case .empty: "a tenant key cannot be empty"
        case .tooLong(let bytes): "a tenant key has at most \(TenantKey.maximumBytes) bytes; this one has \(bytes)"
        case .dots: "a tenant key cannot be \".\" or \"..\""
        case .control: "a tenant key cannot contain control characters"
        }
    }
}

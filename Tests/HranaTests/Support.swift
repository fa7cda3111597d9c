import Hrana

/// Decodes `text` with `body`; nil when it is refused.
func decoding<T>(_ text: String, _ body: (UnsafeRawBufferPointer) throws(HranaDecodingError) -> T) -> T? {
    try? Array(text.utf8).withUnsafeBytes { (bytes) throws(HranaDecodingError) -> T in try body(bytes) }
}

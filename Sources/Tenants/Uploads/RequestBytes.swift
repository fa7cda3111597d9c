/// Bytes that a request brought, wherever they lie: they are read there, since they may be many, and wait for others.
package protocol RequestBytes: Sendable {
    var count: Int { get }
    func read<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result
}

extension [UInt8]: RequestBytes {
    package func read<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { withUnsafeBytes(body) }
}

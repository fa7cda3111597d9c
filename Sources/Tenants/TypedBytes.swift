import Seams

extension Array where Element == UInt8 {
    /// `withUnsafeBytes` that keeps the error's type.
    func withUnsafeBytesTyped<T>(_ body: (UnsafeRawBufferPointer) throws(FileError) -> T) throws(FileError) -> T {
        let result: Result<T, FileError> = withUnsafeBytes { raw in
            do throws(FileError) { return .success(try body(raw)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    mutating func withUnsafeMutableBytesTyped<T>(
        _ body: (UnsafeMutableRawBufferPointer) throws(FileError) -> T
    ) throws(FileError) -> T {
        let result: Result<T, FileError> = withUnsafeMutableBytes { raw in
            do throws(FileError) { return .success(try body(raw)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}

extension FileError {
    var asTenantsError: TenantsError {
        switch self {
        case .full: .diskFull
        default: .storage(description)
        }
    }
}

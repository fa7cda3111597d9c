import Glibc

/// What the system's error numbers mean, in the words that people know them by.
package enum SystemErrorText {
    /// `permission denied`, `no space left on device`.
    package static func words(_ code: Int32) -> String {
        let words = String(cString: strerror(code))
        return words.prefix(1).lowercased() + words.dropFirst()
    }
}

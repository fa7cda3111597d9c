import Glibc

/// Small files, read whole: most are texts that the kernel makes up when they are read, so that their size is not known.
enum ProcText {
    /// What is beyond this is left out.
    private static let largest = 1 << 20

    /// - Returns: nil where there is no such file, or it may not be read.
    static func read(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

    static func bytes(_ path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while content.count < largest {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count <= 0 { break }
            content += chunk[..<count]
        }
        return content
    }
}

import Seams
import Vocabulary

/// The journal's folder: finds, makes and opens the files that hold segments.
struct SegmentStore: Sendable {
    /// A file found in the folder, with its header if it has an intact one.
    struct Found {
        let slot: SegmentSlot
        let header: SegmentHeader?
    }

    let files: any Files
    let directory: String

    private static let suffix = ".segment"

    func path(_ number: Int) -> String {
        let digits = String(number)
        return directory + "/" + String(repeating: "0", count: max(0, 8 - digits.utf8.count)) + digits + Self.suffix
    }

    private func number(of name: String) -> Int? {
        guard name.hasSuffix(Self.suffix) else { return nil }
        return Int(name.dropLast(Self.suffix.utf8.count))
    }

    /// Opens all segment files. With `update` the leftovers of unfinished preparations are removed.
    func find(_ mode: FileMode) throws(FileError) -> [Found] {
        var found: [Found] = []
        for name in try files.list(directory) {
            if let number = number(of: name) {
                let file = try files.open(directory + "/" + name, mode)
                let slot = SegmentSlot(number: number, file: file, length: Int(try file.size()))
                found.append(Found(slot: slot, header: try readHeader(slot)))
            } else if name.hasSuffix(Self.suffix + ".new"), case .update = mode {
                try files.remove(directory + "/" + name)
            }
        }
        return found
    }

    private func readHeader(_ slot: SegmentSlot) throws(FileError) -> SegmentHeader? {
        let window = DiskWindow(file: slot.file, length: slot.length, size: Block.size)
        guard let block = try window.bytes(at: 0, count: Block.size) else { return nil }
        return SegmentHeader(block: block)
    }

    /// Makes a file of zeros that are really on the disk, since a sync of an overwritten file costs half of one of a
    /// growing file, and a full disk is met here and not in a flush. Durable when it returns.
    func make(_ number: Int, length: Int) throws(FileError) -> SegmentSlot {
        let path = path(number)
        do throws(FileError) {
            try fill(path + ".new", length: length)
            try files.rename(path + ".new", to: path)
            try files.syncDirectory(directory)
            return SegmentSlot(number: number, file: try files.open(path, .update), length: length)
        } catch {
            // Gives the room back at once; if this fails too the next start removes it.
            try? files.remove(path + ".new")
            throw error
        }
    }

    func remove(_ slot: SegmentSlot) throws(FileError) {
        slot.file.close()
        try files.remove(path(slot.number))
    }

    /// Makes a file of `length` zeros and syncs it.
    ///
    /// - Throws: `.exists` where the number has a file already: whoever chose it did not see the whole folder.
    func fill(_ path: String, length: Int) throws(FileError) {
        let file = try files.open(path, .create)
        guard try files.size(of: path) == nil else { throw .exists(path: path) }
        defer { file.close() }
        let zeros = [UInt8](repeating: 0, count: min(length, 1 << 20))
        try file.truncate(to: 0)
        var offset = 0
        while offset < length {
            let count = min(zeros.count, length - offset)
            let written: Result<Void, FileError> = zeros.withUnsafeBytes { buffer in
                do throws(FileError) { return .success(try file.write(buffer.part(0, count), at: Int64(offset))) } catch
                {
                    return .failure(error)
                }
            }
            try written.get()
            offset += count
        }
        try file.sync()
    }
}

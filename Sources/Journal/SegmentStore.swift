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

    /// The newest header in the first block and the last: either will do. Both are as new as anything acknowledged in the
    /// segment, since one sync covers all three.
    private func readHeader(_ slot: SegmentSlot) throws(FileError) -> SegmentHeader? {
        var headers: [SegmentHeader] = []
        var failure: FileError?
        for offset in Set([0, slot.length - Block.size]).sorted() {
            do throws(FileError) {
                guard let header = try readHeader(slot, at: offset) else { continue }
                // A file of another length ends elsewhere.
                if offset == 0 || header.length == slot.length { headers.append(header) }
            } catch {
                failure = error
            }
        }
        guard let newest = headers.max(by: { $0.sequence < $1.sequence }) else {
            if let failure { throw failure }
            return nil
        }
        return newest
    }

    private func readHeader(_ slot: SegmentSlot, at offset: Int) throws(FileError) -> SegmentHeader? {
        let window = DiskWindow(file: slot.file, length: slot.length, size: Block.size)
        return try window.bytes(at: offset, count: Block.size).flatMap { SegmentHeader(block: $0) }
    }

    /// Makes a file of zeros that are really on the disk, since a sync of an overwritten file costs half of one of a
    /// growing file, and a full disk is met here and not in a flush. Durable when it returns.
    ///
    /// - Throws: `.exists` where the number has a file already: whoever chose it did not see the whole folder.
    func make(_ number: Int, length: Int) throws(FileError) -> SegmentSlot {
        let path = path(number)
        guard try files.size(of: path) == nil else { throw .exists(path: path) }
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
    func fill(_ path: String, length: Int) throws(FileError) {
        let file = try files.open(path, .create)
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

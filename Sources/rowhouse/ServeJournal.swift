import Foundation
import Seams

/// Where a data directory's journal lies. It is chosen once: to begin another journal beside files that one has not been
/// copied into yet would lose what it holds.
struct ServeJournal {
    let directory: String
    /// Of a folder outside the data directory, which has a lock of its own.
    private let lock: DirectoryLock?

    /// Where it is to lie, compared with where it lies.
    ///
    /// - Parameter wanted: absolute; nil for the folder in the data directory.
    /// - Returns: whether the data directory has a note of the place, besides.
    /// - Throws: `ServeFailure.config` where the two are not the same.
    static func place(
        _ wanted: String?, directory: String
    ) throws(ServeFailure) -> (wanted: String, usual: String, isNoted: Bool) {
        let usual = directory + "/journal"
        let wanted = wanted ?? usual
        let note = note(in: directory)
        let noted = FileManager.default.contents(atPath: note).map { String(decoding: $0, as: UTF8.self) }
        let isNew = !FileManager.default.fileExists(atPath: directory + "/node-id")
        let before = noted?.trimmingCharacters(in: .newlines) ?? (isNew ? wanted : usual)
        guard before == wanted else {
            throw .config(
                """
                this data directory's journal is in \(before), not in \(wanted); set it back, or move the \
                folder while no node runs and write its new path into \(note)
                """)
        }
        return (wanted, usual, noted != nil)
    }

    private static func note(in directory: String) -> String { directory + "/journal-directory" }

    /// - Parameter wanted: absolute; nil for the folder in the data directory.
    /// - Throws: `ServeFailure`, `FileError`.
    static func claim(_ wanted: String?, directory: String) throws -> ServeJournal {
        let (wanted, usual, isNoted) = try place(wanted, directory: directory)
        guard wanted != usual else { return ServeJournal(directory: wanted, lock: nil) }
        guard let lock = try DirectoryLock.take(wanted) else {
            throw ServeFailure.directoryInUse("\(wanted) is in use by another rowhouse process")
        }
        if !isNoted {
            let note = URL(fileURLWithPath: note(in: directory))
            try Data((wanted + "\n").utf8).write(to: note, options: .atomic)
            try PosixFiles().syncDirectory(directory)
        }
        return ServeJournal(directory: wanted, lock: lock)
    }
}

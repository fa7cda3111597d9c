import Foundation
import Terminal

/// Where the shell keeps what was entered: readable by its user only, bounded. What goes wrong with it is no reason to stop.
struct HistoryFile {
    /// Above it the file is written anew with what is kept.
    private static let largest = 1 << 20

    let path: String

    /// `ROWHOUSE_HISTORY`, else `~/.local/state/rowhouse/history` (`XDG_STATE_HOME`).
    ///
    /// - Returns: nil where the variable is empty, or there is no place for it.
    init?(_ environment: [String: String]) {
        if let given = environment["ROWHOUSE_HISTORY"] {
            guard !given.isEmpty else { return nil }
            path = given
            return
        }
        let state = environment["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
        guard let folder = state ?? environment["HOME"].map({ $0 + "/.local/state" }) else { return nil }
        path = folder + "/rowhouse/history"
    }

    func load() -> History {
        guard let bytes = FileManager.default.contents(atPath: path) else { return History() }
        // Cut at a line of the newest part.
        var rest = bytes.suffix(2 * Self.largest)
        if rest.count < bytes.count { rest = rest.drop { $0 != 0x0A } }
        let history = History(parsing: String(decoding: rest, as: UTF8.self))
        chmod(path, 0o600)
        if bytes.count > Self.largest { rewrite(history) }
        return history
    }

    func append(_ entry: String) {
        let folder = (path as NSString).deletingLastPathComponent
        let isPrivate: [FileAttributeKey: Any] = [.posixPermissions: 0o700]
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: isPrivate)
        write(History.encoded(entry), to: path, O_APPEND)
    }

    private func rewrite(_ history: History) {
        let new = path + ".new"
        if write(history.text, to: new, O_TRUNC) { rename(new, path) }
    }

    @discardableResult
    private func write(_ text: String, to path: String, _ flags: Int32) -> Bool {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        return (try? OutputDescriptor(file).write(text)) != nil
    }
}

import Foundation
import Logging

/// One line a message on standard error: time, level, words, facts.
struct ServeLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var facts = metadata
        facts.merge(event.metadata ?? [:]) { $1 }
        facts["hb.request.id"] = nil
        let tail = facts.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let line = "\(Self.now()) \(event.level) \(event.message)\(tail)\n"
        FileHandle.standardError.write(Data(line.utf8))
    }

    private static func now() -> String {
        Date().formatted(.iso8601.time(includingFractionalSeconds: true).dateTimeSeparator(.standard))
    }
}

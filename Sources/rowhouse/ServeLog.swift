import Foundation
import Logging
import Terminal

/// One line a message on standard error: time in UTC, level, words, facts.
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
        let line = TerminalText.visible("\(Self.now()) \(event.level) \(event.message)\(tail)") + "\n"
        // A log that cannot be written must not end the node.
        try? OutputDescriptor.standardError.write(line)
    }

    private static func now() -> String {
        Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

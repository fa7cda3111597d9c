import ArgumentParser
import Foundation
import Settings
import Terminal

/// Where a node's settings come from: a file, the environment, and these flags, which win.
struct SettingsOptions: ParsableArguments {
    /// A file beyond this is no configuration.
    private static let largestFile = 1 << 20

    @Option(
        help: ArgumentHelp("Configuration file; without one, the defaults of a single node hold.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("Data directory (node.data).", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("Address to listen on (node.listen).", valueName: "host:port"))
    var listen: String?

    @Option(help: ArgumentHelp("Any setting, such as limits.lanes=2; may be repeated.", valueName: "key=value"))
    var set: [String] = []

    /// Reads the file and joins it with the environment and the flags.
    ///
    /// - Throws: `SettingsError` with all mistakes, a file that cannot be read among them.
    func load(isNode: Bool = true) throws(SettingsError) -> LoadedSettings {
        try ServerSettings.load(try all(), isNode: isNode)
    }

    /// The same for who wants to look further in spite of mistakes.
    ///
    /// - Throws: `SettingsError` for a file that cannot be read.
    func read() throws(SettingsError) -> (loaded: LoadedSettings, mistakes: [SettingMistake]) {
        ServerSettings.read(try all())
    }

    private func all() throws(SettingsError) -> SettingsSources {
        SettingsSources(file: try file(), environment: ProcessInfo.processInfo.environment, flags: flags())
    }

    private func file() throws(SettingsError) -> SettingsSources.File? {
        guard let config else { return nil }
        guard let bytes = FileManager.default.contents(atPath: config) else {
            throw Self.unreadable(config, "cannot be read")
        }
        guard bytes.count <= Self.largestFile, let text = String(data: bytes, encoding: .utf8) else {
            throw Self.unreadable(config, "is no UTF-8 text of at most 1 MiB")
        }
        return SettingsSources.File(path: config, text: text)
    }

    private func flags() -> [SettingFlag] {
        var flags: [SettingFlag] = []
        if let data { flags.append(SettingFlag("--data", sets: "node.data", to: data)) }
        if let listen { flags.append(SettingFlag("--listen", sets: "node.listen", to: listen)) }
        for pair in set {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            flags.append(SettingFlag("--set", sets: parts[0], to: parts.count == 2 ? parts[1] : ""))
        }
        return flags
    }

    private static func unreadable(_ path: String, _ problem: String) -> SettingsError {
        let mistake = SettingMistake(origin: .file(path: path, line: nil), key: "", message: problem)
        return SettingsError(mistakes: [mistake])
    }
}

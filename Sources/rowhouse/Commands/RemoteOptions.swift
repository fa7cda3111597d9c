import ArgumentParser
import Foundation
import Terminal

/// Which node to talk to, with what right, and how to show what it says.
struct RemoteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Address of a node (default: ROWHOUSE_URL, else the profile's, else http://127.0.0.1:8080).",
            valueName: "url"))
    var url: String?

    @Option(help: "Token to present (default: ROWHOUSE_TOKEN). The variable keeps it out of the list of processes.")
    var token: String?

    @Option(
        help: ArgumentHelp(
            "Address and token of that name in ~/.config/rowhouse/profiles.yaml (default: ROWHOUSE_PROFILE).",
            valueName: "name"))
    var profile: String?

    @Flag(help: "Answer in JSON, also when something fails; lists give one object on each line.")
    var json = false

    func validate() throws {
        guard url == nil || profile == nil else { throw ValidationError("--url and --profile do not go together") }
    }

    /// - Throws: `CommandFailure` with status 2 where the address is none, or the profile is not there.
    func client() throws(CommandFailure) -> RemoteClient {
        let environment = ProcessInfo.processInfo.environment.filter { !$0.value.isEmpty }
        var (given, token) = (url, token ?? environment["ROWHOUSE_TOKEN"])
        if profile == nil { given = given ?? environment["ROWHOUSE_URL"] }
        if given == nil, let known = try ProfileFile.profile(profile, environment) {
            // A profile's token is for its own address only.
            given = known.url
            token = token ?? known.token
        }
        let address = given ?? "http://127.0.0.1:8080"
        guard let base = RequestPath.base(address) else {
            throw CommandFailure(.usage, "\(address) is no address of a node", advice: "write it as http://HOST:PORT")
        }
        guard token?.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) ?? true else {
            throw CommandFailure(.usage, "the token has characters that no token has")
        }
        return RemoteClient(base: base, token: token)
    }

    /// The answer to a call about one object: as JSON, or field by field.
    func show(_ item: JSONValue, as listing: Listing) {
        Console.write(json ? item.text(pretty: true) + "\n" : listing.details(item))
    }

    /// What a command would have done: `would rename a to b`.
    func rehearsed(_ verb: String, _ words: String, _ members: [String: JSONValue] = [:]) {
        guard json else { return Console.write(TerminalText.visible("would \(verb) \(words)") + "\n") }
        let facts: [String: JSONValue] = ["dryRun": .bool(true), "would": .string(verb)]
        Console.write(JSONValue.object(facts.merging(members) { $1 }).text(pretty: true) + "\n")
    }
}

/// `profiles.yaml`, where the user keeps configuration.
enum ProfileFile {
    /// - Parameter name: nil for ROWHOUSE_PROFILE's or the file's default.
    /// - Returns: nil where none is named.
    static func profile(
        _ name: String?, _ environment: [String: String]
    ) throws(CommandFailure) -> Profiles.Profile? {
        let folder = environment["XDG_CONFIG_HOME"] ?? (environment["HOME"] ?? "") + "/.config"
        let path = folder + "/rowhouse/profiles.yaml"
        let profiles = try read(path)
        guard let wanted = name ?? environment["ROWHOUSE_PROFILE"] ?? profiles.standard else { return nil }
        guard let found = profiles.all[wanted] else {
            let names = profiles.all.keys.sorted().joined(separator: ", ")
            throw CommandFailure(
                .usage, "there is no profile \(wanted) in \(path)", advice: names.isEmpty ? nil : "there are: \(names)")
        }
        return found
    }

    private static func read(_ path: String) throws(CommandFailure) -> Profiles {
        guard let bytes = FileManager.default.contents(atPath: path) else { return .none }
        let profiles = try Profiles(String(decoding: bytes, as: UTF8.self), path: path)
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue ?? 0
        if mode & 0o077 != 0, profiles.all.values.contains(where: { $0.token != nil }) {
            Console.complain("rowhouse: \(path) holds tokens and others can read it; run `chmod 600 \(path)`")
        }
        return profiles
    }
}

/// For commands that change something.
struct DryRunOption: ParsableArguments {
    @Flag(help: "Check and say what would be done, without doing it.")
    var dryRun = false
}

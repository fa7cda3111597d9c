import Yams

/// Nodes that somebody talks to often, by name, as written in `profiles.yaml`:
///
/// ```yaml
/// default: local
/// profiles:
///   local: {url: "http://127.0.0.1:8080"}
///   fleet: {url: "https://db.example.com", token: rh_admin_…}
/// ```
package struct Profiles: Sendable, Equatable {
    package struct Profile: Sendable, Equatable {
        package let url: String
        package let token: String?
    }

    /// The one that holds when nobody names one.
    package let standard: String?
    package let all: [String: Profile]

    package static let none = Profiles(standard: nil, all: [:])

    private init(standard: String?, all: [String: Profile]) {
        self.standard = standard
        self.all = all
    }

    /// - Parameter path: as failures should show it.
    /// - Throws: `CommandFailure` with status 2 for anything that is not as above.
    package init(_ text: String, path: String) throws(CommandFailure) {
        let reader = Reader(path: path)
        let root = try reader.map(reader.compose(text), "the file", known: ["default", "profiles"])
        var all: [String: Profile] = [:]
        for (name, node) in try reader.map(root["profiles"], "profiles", known: nil) {
            let members = try reader.map(node, "profiles.\(name)", known: ["url", "token"])
            guard let url = members["url"]?.string, RequestPath.base(url) != nil else {
                throw reader.mistake("profiles.\(name).url is an address such as http://127.0.0.1:8080")
            }
            all[name] = Profile(url: url, token: members["token"]?.string)
        }
        let standard = root["default"]?.string
        if let standard, all[standard] == nil { throw reader.mistake("default: there is no profile \(standard)") }
        self.init(standard: standard, all: all)
    }

    private struct Reader {
        let path: String

        func mistake(_ what: String) -> CommandFailure { CommandFailure(.usage, "\(path): \(what)") }

        func compose(_ text: String) throws(CommandFailure) -> Node? {
            do { return try Yams.compose(yaml: text) } catch { throw mistake("not YAML: \(error)") }
        }

        /// - Parameter known: nil for any names.
        func map(_ node: Node?, _ what: String, known: Set<String>?) throws(CommandFailure) -> [String: Node] {
            guard let node, node != Node("") else { return [:] }
            guard let mapping = node.mapping else { throw mistake("\(what) is a map") }
            var members: [String: Node] = [:]
            for (key, value) in mapping {
                guard let name = key.string, known?.contains(name) ?? true else {
                    let names = known.map { "; known are \($0.sorted().joined(separator: ", "))" } ?? ""
                    throw mistake("\(what): unknown key \(key.string ?? "")\(names)")
                }
                members[name] = value
            }
            return members
        }
    }
}

/// Every key that a node's configuration has, in the order in which the sample shows them.
package enum SettingsTable {
    package static let all: [Setting] =
        node + [domain, catalog] + postgres + cluster + rebalancing + access + [durability] + journal + streams
        + tenants + users
        + replicas + routing
        + compat
        + limits + [schemas]

    package static func setting(_ path: String) -> Setting? { byPath[path] }

    private static let byPath = Dictionary(uniqueKeysWithValues: all.map { ($0.path, $0) })

    /// `node`, `limits`, …: paths that have keys below them.
    static let sections = Set(all.compactMap { $0.path.split(separator: ".").dropLast().first.map(String.init) })

    /// Keys that are planned but not there yet, with what to do instead.
    static let planned: [String: String] = [
        "tls": "TLS is not built yet; let a proxy in front of the node end it, and list it in access.trusted-proxies",
        "backup": "backups to an object store are not built yet; remove the key",
    ]
}

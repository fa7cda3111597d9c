package import Vocabulary

/// Where files lie in a data directory. Folders are sharded by the id's first digits, so that none grows large and a
/// node with many tenants never lists them all.
package struct TenantLayout: Sendable {
    package let directory: String
    package let journal: String

    /// - Parameter journal: nil for the folder of that name in the directory.
    package init(directory: String, journal: String? = nil) {
        self.directory = directory
        self.journal = journal ?? directory + "/journal"
    }

    package var tenants: String { directory + "/tenants" }
    package var templates: String { directory + "/templates" }
    package var temporary: String { directory + "/tmp" }
    package var lostAndFound: String { directory + "/lost+found" }
    /// Copies of tenants that are on their way to this node.
    package var arrivals: String { directory + "/arrivals" }
    /// Files that no tenant has any more, kept for a while.
    package var tombstones: String { lostAndFound + "/tombstones" }

    package func folder(of tenant: TenantID) -> String {
        let digits = tenant.description
        let first = digits.prefix(2)
        let second = digits.dropFirst(2).prefix(2)
        return "\(tenants)/\(first)/\(second)"
    }

    /// The folder and those above it, up to the data directory: a name in it is as durable as the least durable of them.
    func folders(of tenant: TenantID) -> [String] {
        var path = folder(of: tenant)
        var folders = [path]
        while path != directory, let slash = path.lastIndex(of: "/") {
            path = String(path[..<slash])
            folders.append(path)
        }
        return folders
    }

    /// `<id>.<generation>.sqlite`
    package func path(of tenant: TenantID, _ generation: Generation) -> String {
        "\(folder(of: tenant))/\(tenant).\(generation).sqlite"
    }

    package func templatePath(hash: UInt64) -> String {
        templates + "/" + TenantID(hash).description + ".sqlite"
    }
}

#if DEBUG
    import Tenants
    import Vocabulary

    /// A call to the disk that changes something, by the name under which a failpoint finds it.
    struct DiskEvent: Hashable, Sendable, CustomStringConvertible {
        let place: String
        let operation: String

        var description: String { "\(place)-\(operation)" }
    }

    /// Names the places of a data directory by what lies there.
    struct DiskPlaces: Sendable {
        private let directory: String
        private let journal: String
        private let ownFiles: [(start: String, place: String)]

        init(directory: String, journal: String) {
            self.directory = directory
            self.journal = journal
            ownFiles = [(TenantID.nodeState, "nodestate"), (.catalog, "catalog")].map { tenant, place in
                ("\(tenant).", place)
            }
        }

        /// - Returns: nil for what is no part of the node's state: temporary files of SQLite, folders above.
        func place(of path: String) -> String? {
            if path.hasPrefix(journal) { return journalPlace(of: path) }
            guard path.hasPrefix(directory) else { return nil }
            let parts = path.dropFirst(directory.count).split(separator: "/")
            switch parts.first {
            case "tenants": return ownFiles.first { parts.last?.hasPrefix($0.start) ?? false }?.place ?? "tenant"
            case "templates": return "template"
            case "arrivals": return parts.last?.contains(".manifest") ?? false ? "offer" : "arrival"
            case "lost+found": return "lost"
            case "tmp": return temporaryPlace(of: parts.last ?? "")
            default: return "data"
            }
        }

        /// What is put in a tenant's place later.
        private func temporaryPlace(of name: Substring) -> String? {
            if name.hasSuffix(".compact") { return "compact" }
            if name.hasSuffix(".push") { return "push" }
            return name.hasSuffix(".upload") ? "upload" : nil
        }

        private func journalPlace(of path: String) -> String {
            let name = path.dropFirst(journal.count).split(separator: "/").last ?? ""
            if name.hasPrefix("manifest") { return "manifest" }
            return name.hasPrefix("ballast") ? "ballast" : "journal"
        }
    }
#endif

import Seams
import Vocabulary

/// Where the files of replicas' histories lie, and what their names say.
///
/// `replicas/<ab>/<id>.<generation>.base` is the generation's first state, `….frames` what came after; `.new` is one being made.
struct ReplicaFolder: Sendable {
    let root: String

    struct Found: Equatable {
        var tenant: TenantID
        var generation: UInt32
        var bytes: Int64
    }

    func folder(of tenant: TenantID) -> String { "\(root)/\(tenant.description.prefix(2))" }

    func base(_ tenant: TenantID, _ generation: UInt32) -> String {
        "\(folder(of: tenant))/\(tenant).\(generation).base"
    }

    func frames(_ tenant: TenantID, _ generation: UInt32) -> String {
        "\(folder(of: tenant))/\(tenant).\(generation).frames"
    }

    /// What is there, and nothing that is half made: that is removed.
    func scan(_ files: any Files) throws(FileError) -> [Found] {
        var found: [Found] = []
        for shard in try names(in: root, files) {
            for name in try names(in: "\(root)/\(shard)", files) {
                let path = "\(root)/\(shard)/\(name)"
                guard let (tenant, generation, kind) = Self.parse(name) else {
                    if name.hasSuffix(".new") { try files.remove(path) }
                    continue
                }
                let bytes = try files.size(of: path) ?? 0
                if kind == "base" {
                    found.append(Found(tenant: tenant, generation: generation, bytes: bytes))
                } else if let index = found.lastIndex(where: { $0.tenant == tenant && $0.generation == generation }) {
                    found[index].bytes += bytes
                }
            }
        }
        return found
    }

    /// The newest generation that both files are there for. Removes the others'.
    func newest(of tenant: TenantID, _ files: any Files) throws(FileError) -> UInt32? {
        let mine = try names(in: folder(of: tenant), files).compactMap(Self.parse).filter { $0.0 == tenant }
        let whole = Set(mine.filter { $0.2 == "base" }.map(\.1)).intersection(
            mine.filter { $0.2 == "frames" }.map(\.1))
        let newest = whole.max()
        for file in mine where file.1 != newest {
            try files.remove("\(folder(of: tenant))/\(tenant).\(file.1).\(file.2)")
        }
        return newest
    }

    /// Makes a generation of a first state that lies, whole and synced, under another name, and begins its log.
    ///
    /// - Returns: the log. When this returns both are durable.
    func establish(
        _ header: ReplicaLogHeader, of tenant: TenantID, from unfinished: String, _ files: any Files
    ) throws(FileError) -> ReplicaFile {
        let log = ReplicaFile(try files.open(frames(tenant, header.generation), .create))
        try log.file.truncate(to: 0)
        try log.write(header.encoded, at: 0)
        try log.file.sync()
        // The last name to come: without it there is no such generation.
        try files.rename(unfinished, to: base(tenant, header.generation))
        try files.syncDirectory(folder(of: tenant))
        try files.syncDirectory(root)
        return log
    }

    func remove(_ tenant: TenantID, _ files: any Files) throws(FileError) {
        for name in try names(in: folder(of: tenant), files) {
            guard let (owner, _, _) = Self.parse(name), owner == tenant else { continue }
            try files.remove("\(folder(of: tenant))/\(name)")
        }
    }

    private func names(in folder: String, _ files: any Files) throws(FileError) -> [String] {
        do throws(FileError) { return try files.list(folder) } catch .notFound { return [] } catch { throw error }
    }

    static func parse(_ name: String) -> (TenantID, UInt32, String)? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2] == "base" || parts[2] == "frames", let tenant = TenantID(hex: parts[0]),
            let generation = UInt32(parts[1])
        else { return nil }
        return (tenant, generation, String(parts[2]))
    }
}

import Journal
import Seams
import Vocabulary

/// Finds files that nothing names (rule J8): of tenants that were dropped, went on in another file, or had not durably come
/// into being, when an earlier process died. One pass after each start, some folders at a time, so that a node with many
/// tenants never lists them all at once. On the keeper's thread.
///
/// Files of tenants that are gone go to `lost+found`. Those of tenants that go on in another file go to its `tombstones`, which
/// keep them for a while only: a crash beside each compaction of a large tenant would fill the disk else.
struct NamelessFiles {
    private struct Found {
        let folder: String
        let name: String
        let tenant: TenantID
        let generation: Generation
    }

    private let engine: TenantEngine
    /// Younger files are this process's own, which may not have told anybody of them yet.
    private let bound: Generation
    /// Folders to look into, by their first digits and their second; nil before the first look.
    private var first: [String]?
    private var second: [String] = []
    /// What the last look has found, and the newest record at that time: the census knows of a record before it is durable, and
    /// until then the file must stay where a crash would need it.
    private var found: (files: [Found], newest: LSN)?

    /// Folders looked into at once.
    private static let folders = 32

    init(engine: TenantEngine, below bound: Generation) {
        self.engine = engine
        self.bound = bound
    }

    private var root: String { engine.layout.directory + "/tenants" }

    /// What cannot be read or moved is left to the next start.
    mutating func look() {
        if let found {
            guard engine.journal.durableLSN >= found.newest else { return }
            for file in found.files { putAside(file) }
            self.found = nil
        }
        var files: [Found] = []
        for _ in 0..<Self.folders {
            guard let folder = nextFolder() else { break }
            files += ((try? engine.files.list(folder)) ?? []).compactMap { nameless($0, in: folder) }
        }
        // After the census was asked, which is told when the record has its LSN.
        if !files.isEmpty { found = (files, engine.journal.lastLSN) }
    }

    private mutating func nextFolder() -> String? {
        if first == nil { first = (try? engine.files.list(root)) ?? [] }
        while second.isEmpty {
            guard let digits = first?.popLast() else { return nil }
            second = ((try? engine.files.list(root + "/" + digits)) ?? []).map { "\(root)/\(digits)/\($0)" }
        }
        return second.popLast()
    }

    /// Files with names that are not ours are not ours to move.
    private func nameless(_ name: String, in folder: String) -> Found? {
        let parts = name.split(separator: ".")
        guard parts.count == 3, parts[2] == "sqlite", let tenant = TenantID(hex: parts[0]),
            let number = UInt64(parts[1]), Generation(number) < bound,
            engine.census.find(tenant)?.generation != Generation(number)
        else { return nil }
        // A copy that has come here and is being adopted: its manifest names it.
        let manifest = engine.layout.manifestPath(of: tenant, Generation(number))
        do throws(FileError) {
            guard try engine.files.size(of: manifest) == nil else { return nil }
            return Found(folder: folder, name: name, tenant: tenant, generation: Generation(number))
        } catch {
            return nil
        }
    }

    private func putAside(_ file: Found) {
        let (files, layout, census) = (engine.files, engine.layout, engine.census)
        // Of a damaged tenant everything is kept: it may be what somebody needs.
        if census.find(file.tenant) != nil, census.damage(of: file.tenant) == nil {
            Tombstones(files: files, layout: layout)
                .bury(file.tenant, file.generation, at: engine.context.time.wall())
        } else {
            try? files.rename(file.folder + "/" + file.name, to: layout.lostAndFound + "/" + file.name)
        }
    }
}

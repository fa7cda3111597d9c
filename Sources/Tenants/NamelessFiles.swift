import Seams
import Vocabulary

/// Finds files that nothing names (rule J8): of tenants that were dropped, or had not durably come into being, when an
/// earlier process died. They go to `lost+found`. One pass after each start, some folders at a time, so that a node with
/// many tenants never lists them all at once. On the keeper's thread.
struct NamelessFiles {
    private let engine: TenantEngine
    /// Younger files are this process's own, which may not have told anybody of them yet.
    private let bound: Generation
    /// Folders to look into, by their first digits and their second; nil before the first look.
    private var first: [String]?
    private var second: [String] = []

    /// Folders looked into at once.
    private static let folders = 32

    init(engine: TenantEngine, below bound: Generation) {
        self.engine = engine
        self.bound = bound
    }

    private var root: String { engine.layout.directory + "/tenants" }

    /// What cannot be read or moved is left to the next start.
    mutating func look() {
        for _ in 0..<Self.folders {
            guard let folder = nextFolder() else { return }
            for name in (try? engine.files.list(folder)) ?? [] where isNameless(name) {
                try? engine.files.rename(folder + "/" + name, to: engine.layout.lostAndFound + "/" + name)
            }
        }
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
    private func isNameless(_ name: String) -> Bool {
        let parts = name.split(separator: ".")
        guard parts.count == 3, parts[2] == "sqlite", let tenant = TenantID(hex: parts[0]),
            let number = UInt64(parts[1]), Generation(number) < bound,
            engine.census.find(tenant)?.generation != Generation(number)
        else { return false }
        // A copy that has come here and is being adopted: its manifest names it.
        let manifest = engine.layout.manifestPath(of: tenant, Generation(number))
        do throws(FileError) { return try engine.files.size(of: manifest) == nil } catch { return false }
    }
}

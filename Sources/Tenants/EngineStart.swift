import Glibc
package import Journal
import Lanes
import SQLiteKit
package import Seams
import Vocabulary

/// Why the engine does not start.
package enum EngineStartError: Error, Sendable, CustomStringConvertible {
    case journal(JournalError)
    /// Tenants' files are there, and of their journal nothing.
    case journalMissing(String)
    case storage(String)
    case threads(String)

    package var description: String {
        switch self {
        case .journal(let error): error.description
        case .journalMissing(let folder):
            "the journal is missing: nothing is in \(folder), and the data directory has been in use; is its disk there?"
        case .storage(let reason): "the data directory cannot be used: \(reason)"
        case .threads(let reason): "the engine's threads do not start: \(reason)"
        }
    }
}

/// The steps of starting: journal, recovery, node state, threads. Nothing is served before the last.
package struct EngineStart {
    package var settings: EngineSettings
    package var journalOptions: JournalOptions
    package var files: any Files
    package var time: any TimeSource
    package var random: any RandomSource
    /// Go on without records that a damaged journal lost.
    package var acceptLoss = false
    package var faults = JournalFaults()
    package var engineFaults = EngineFaults()
    package var notice: @Sendable (EngineNotice) -> Void = { _ in }

    package init(
        settings: EngineSettings, journalOptions: JournalOptions = JournalOptions(), files: any Files,
        time: any TimeSource, random: any RandomSource
    ) {
        self.settings = settings
        self.journalOptions = journalOptions
        self.files = files
        self.time = time
        self.random = random
    }

    /// - Parameters:
    ///   - progress: records replayed and records in all.
    ///   - onFatal: the disk failed the journal: say so and exit; nothing is acknowledged any more (rule J6).
    package func run(
        progress: @escaping @Sendable (RecoveryProgress) -> Void, onFatal: @escaping @Sendable (JournalError) -> Void
    ) throws(EngineStartError) -> TenantEngine {
        let layout = TenantLayout(directory: settings.directory, journal: settings.journalDirectory)
        let fileSystem = try prepareFolders(layout)
        guard try hasJournal(layout) else { throw .journalMissing(layout.journal) }
        let opened = try openJournal(layout, onFatal)
        let engine: TenantEngine
        let recovered: [RecoveredTenant]
        do throws(EngineStartError) {
            recovered = try recover(opened, layout, fileSystem, progress)
            engine = try assemble(layout, opened.journal, fileSystem)
        } catch {
            opened.journal.abandon()
            throw error
        }
        do throws(EngineStartError) {
            try startJournalThreads(engine)
            try fillCensus(engine, recovered, opened.journal.nodeState)
            try startKeepers(engine)
        } catch {
            engine.abandon()
            throw error
        }
        return engine
    }

    /// - Returns: the file system of the tenants' files, held from before the first write to any of them.
    private func prepareFolders(_ layout: TenantLayout) throws(EngineStartError) -> (any FileSystem)? {
        do throws(FileError) {
            for folder in [
                layout.directory, layout.templates, layout.temporary, layout.lostAndFound, layout.tenants,
            ] {
                try files.makeDirectory(folder)
            }
            let fileSystem = try files.fileSystem(holding: layout.tenants)
            // Temporary files have no name while they are used; one that has was left by a crash.
            for name in try files.list(layout.temporary) { try files.remove(layout.temporary + "/" + name) }
            for name in try files.list(layout.templates) where TemplateStore.isUnfinished(name) {
                try files.remove(layout.templates + "/" + name)
            }
            try files.syncDirectory(layout.directory)
            try syncParents(of: layout.directory)
            return fileSystem
        } catch {
            throw .storage(error.description)
        }
    }

    /// The data directory's own name must be as durable as what is in it.
    private func syncParents(of directory: String) throws(FileError) {
        var path = directory
        while let slash = path.lastIndex(of: "/"), path != "/" {
            path = slash == path.startIndex ? "/" : String(path[..<slash])
            do throws(FileError) {
                try files.syncDirectory(path)
            } catch {
                // Folders that we may not read are not ours and were there before.
                guard case .failed(_, _, let code) = error, code == EACCES || code == EPERM else { throw error }
                return
            }
        }
    }

    /// The node state's file is made when the journal is durably there. A fresh journal beside it would know of no commit
    /// that is not in a tenant's file yet.
    private func hasJournal(_ layout: TenantLayout) throws(EngineStartError) -> Bool {
        let state = TenantID.nodeState
        guard try names(in: layout.folder(of: state)).contains(where: { $0.hasPrefix("\(state).") }) else {
            return true
        }
        return try names(in: layout.journal).contains { $0 == "manifest" || $0.hasSuffix(".segment") }
    }

    private func names(in folder: String) throws(EngineStartError) -> [String] {
        do throws(FileError) {
            return try files.list(folder)
        } catch {
            if case .notFound = error { return [] }
            throw .storage(error.description)
        }
    }

    private func openJournal(_ layout: TenantLayout, _ onFatal: @escaping @Sendable (JournalError) -> Void)
        throws(EngineStartError) -> OpenedJournal
    {
        do throws(JournalError) {
            return try Journal.open(
                layout.journal, files: files, time: time, random: random, options: journalOptions, faults: faults,
                acceptLoss: acceptLoss, onFatal: onFatal)
        } catch {
            throw .journal(error)
        }
    }

    private func recover(
        _ opened: OpenedJournal, _ layout: TenantLayout, _ fileSystem: (any FileSystem)?,
        _ progress: @escaping @Sendable (RecoveryProgress) -> Void
    ) throws(EngineStartError) -> [RecoveredTenant] {
        do throws(JournalError) {
            return try opened.recovery.run(
                layout: JournalLayout(layout: layout), fileSystem: fileSystem,
                descriptors: min(256, settings.descriptors), progress: progress)
        } catch {
            throw .journal(error)
        }
    }

    private func assemble(
        _ layout: TenantLayout, _ journal: Journal, _ fileSystem: (any FileSystem)?
    ) throws(EngineStartError) -> TenantEngine {
        let vfs = DatabaseVFS(
            files: files, budget: WALBudget(perTenant: settings.logPerTenant, perNode: settings.logPerNode),
            settings: .init(descriptors: settings.descriptors, temporaryDirectory: layout.temporary))
        do throws(LaneError) {
            let lanes = try LaneGroup(
                count: settings.lanes, queueBound: settings.openTenants + 1_024, spareThreads: settings.slowStatements,
                batchEnded: { AnswerBatch.flush() })
            return TenantEngine(
                parts: EngineParts(
                    layout: layout, settings: settings, files: files, fileSystem: fileSystem, journal: journal,
                    census: Census(), lanes: lanes,
                    dirty: DirtyTenants(),
                    context: DatabaseContext(
                        vfs: vfs, settings: settings, time: time, random: random, life: EngineLife(),
                        faults: engineFaults, notices: EngineNotices(notice))))
        } catch {
            throw .threads("\(error)")
        }
    }

    private func startJournalThreads(_ engine: TenantEngine) throws(EngineStartError) {
        let journal = engine.journal
        do throws(LaneError) {
            try engine.life.start("journal-flush", .journal) { journal.flushLoop() }
            try engine.life.start("journal-prep", .journal) { journal.prepareLoop() }
        } catch {
            throw .threads("\(error)")
        }
    }

    private func startKeepers(_ engine: TenantEngine) throws(EngineStartError) {
        let first = engine.journal.firstUnusedGeneration
        do throws(LaneError) {
            try engine.life.start("checkpointer", .keepers) { Checkpointer(engine: engine).loop() }
            try engine.life.start("keeper", .keepers) { Keeper(engine: engine, firstGeneration: first).loop() }
            try engine.life.start("compactor", .keepers) { Compactor(engine: engine).loop() }
            try engine.life.start("copier", .keepers) { engine.copier.loop(engine.life) }
            for _ in 0..<Uploader.threads {
                try engine.life.start("uploader", .keepers) { Uploader(engine: engine).loop() }
            }
            try engine.life.start("uploads", .keepers) { engine.uploadWrites.loop(engine.life) }
            try engine.life.start("downloads", .keepers) { engine.downloads.loop(engine.life) }
            try engine.life.start("replicas", .keepers) { engine.replicas.worker.loop(engine.life) }
            try engine.life.start("replica-reads", .keepers) { engine.replicas.reader.loop(engine.life) }
            try engine.life.start("clerk", .keepers) { engine.clerk.loop(engine.life) }
        } catch {
            throw .threads("\(error)")
        }
    }

    // MARK: The census

    /// Fills the census from the node state database and what recovery found, and saves the latter, so that the journal's
    /// recovery point can move on.
    private func fillCensus(_ engine: TenantEngine, _ recovered: [RecoveredTenant], _ nodeState: TenantState?)
        throws(EngineStartError)
    {
        let found = Dictionary(uniqueKeysWithValues: recovered.map { ($0.tenant, $0) })
        do {
            if let known = found[.nodeState]?.state ?? nodeState {
                if let damage = found[.nodeState]?.damage { throw TenantsError.storage(damage.description) }
                engine.census.load([Census.Row(tenant: .nodeState, facts: known, damage: nil)])
            } else {
                let template = try engine.templates.make(sql: NodeState.schema)
                try BlockingCreate(engine: engine).create(.nodeState, template: template, epoch: .first)
            }
            let own = engine.census.find(.nodeState)!
            let load = BlockingLoad()
            let work = BlockingWork { database in load.rows = try NodeState.load(database) }
            engine.submitUrgently(work, to: .nodeState)
            try work.wait(engine.journal)
            engine.census.load(load.rows.filter { $0.tenant != .nodeState })
            adopt(recovered, into: engine)
            try Checkpointer(engine: engine).settleRecovered(nodeState: own)
        } catch {
            throw .storage("\(error)")
        }
    }

    private func adopt(_ recovered: [RecoveredTenant], into engine: TenantEngine) {
        for tenant in recovered where tenant.tenant != .nodeState {
            if tenant.isDropped {
                engine.census.remove(tenant.tenant)
            } else {
                engine.census.put(tenant.tenant, tenant.state)
            }
            if let damage = tenant.damage { engine.census.markDamaged(tenant.tenant, damage.description) }
            engine.dirty.willCommit(tenant.tenant, after: engine.journal.recoveryPoint)
        }
    }
}

/// Written on a lane, read after the work was waited for.
private final class BlockingLoad: @unchecked Sendable {
    var rows: [Census.Row] = []
}

private struct JournalLayout: RecoveryLayout {
    let layout: TenantLayout
    var root: String { layout.directory }
    func path(_ tenant: TenantID, _ generation: Generation) -> String { layout.path(of: tenant, generation) }
    func templatePath(_ hash: UInt64) -> String { layout.templatePath(hash: hash) }
}

import ArgumentParser
import Benchmarks
import Catalog
import Foundation
import Seams
import Settings
import Terminal

struct BenchCatalogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Look-ups in the catalog: embedded, and in PostgreSQL where it is installed.",
        discussion: """
            Where a tenant is, by its key: from the cache that every node has, and from the catalog itself, one look-up after \
            the other and --in-flight at once. PostgreSQL is a throwaway server on the same machine and disk.
            """)

    @Option(help: "Tenants in the catalog.") var tenants = 100_000
    @Option(help: "Look-ups under way at once, in the second measurement.") var inFlight = 32
    @Option(help: "Seconds of each measurement.") var seconds = 5.0
    @Option(
        help: ArgumentHelp(
            "Folder on the disk to measure; a folder is made in it and removed again (default: /var/tmp).",
            valueName: "dir"))
    var data = "/var/tmp"
    @Flag(help: "Leave PostgreSQL out.") var noPeers = false
    @Flag(help: "Answer in JSON.") var json = false

    func validate() throws {
        guard (1...10_000_000).contains(tenants) else { throw ValidationError("--tenants takes 1 to 10000000") }
        guard (1...256).contains(inFlight) else { throw ValidationError("--in-flight takes 1 to 256") }
        guard seconds >= 0.05, seconds <= 3_600 else { throw ValidationError("--seconds takes 0.05 to 3600") }
    }

    func run() async throws {
        let found = FoundLines()
        try await BenchRun.run(in: data) { directory, stop, progress in
            let machine = try MachineFacts.measure(directory)
            let settings = ServerSettings()
            let embedded = try await CatalogPlace.directory(directory + "/node").open(settings, for: .make)
            let ours = await Result { try await measure(embedded, "embedded", stop, progress) }
            try await NodeCore.blocking { embedded.close() }
            found.add(try ours.get())
            found.add(try await postgres(in: directory, stop, progress))
            return BenchReport(
                machine: machine, settings: [("tenants", tenants), ("inFlight", inFlight)], seconds: seconds,
                comparisons: [], remarks: noPeers || found.hasPostgres ? [] : ["PostgreSQL was not found."])
        } show: { report in
            Console.write(
                json ? found.json(report).text(pretty: true) + "\n" : report.text(width: Console.width) + found.text)
        }
    }

    private func postgres(
        in directory: String, _ stop: StopFlag, _ progress: @escaping BenchRun.Progress
    ) async throws -> [FoundLines.Line] {
        guard !noPeers, let tools = PostgresTools.find() else { return [] }
        progress("starting PostgreSQL \(tools.version)", 0)
        chmod(directory, 0o711)
        let server = try await NodeCore.blocking {
            try PostgresServer(tools, folder: directory + "/postgres", tenants: 1, core: nil, until: stop)
        }
        let lines = await Result {
            let open = try await CatalogPlace.postgres(PostgresAddress(server.connection)).open(
                ServerSettings(), for: .make)
            let lines = await Result { try await measure(open, "PostgreSQL \(tools.version)", stop, progress) }
            try await NodeCore.blocking { open.close() }
            return try lines.get()
        }
        try await NodeCore.blocking { server.stop() }
        return try lines.get()
    }

    private func measure(
        _ open: OpenCatalog, _ name: String, _ stop: StopFlag, _ progress: BenchRun.Progress
    ) async throws -> [FoundLines.Line] {
        try await CatalogFilling(driver: open.driver, tenants: tenants).run { done in
            progress("\(name): making \(tenants) tenants", done)
            return !stop.isSet
        }
        var lines: [FoundLines.Line] = []
        for (what, source, inFlight) in [
            ("place, cached", CatalogLookups.Source.cache, 1), ("place", .catalog, 1), ("place", .catalog, inFlight),
        ] {
            progress("\(name): \(what), \(inFlight) at once", 0)
            let lookups = CatalogLookups(
                driver: open.driver, tenants: tenants, inFlight: inFlight, nanoseconds: UInt64(seconds * 1e9),
                stop: stop)
            lines.append(
                .init(catalog: name, what: what, inFlight: inFlight, measurement: try await lookups.measure(source)))
        }
        return lines
    }
}

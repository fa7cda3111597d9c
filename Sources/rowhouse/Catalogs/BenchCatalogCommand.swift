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
            Where a tenant is, by its key; whose session it is, by its token; who has an email: from the cache that every \
            node has, and from the catalog itself, one look-up after the other and --in-flight at once. Then users that want \
            one email at once, of whom exactly one must get it, again and again. PostgreSQL is a throwaway server on the \
            same machine and disk.
            """)

    @Option(help: "Tenants in the catalog.") var tenants = 100_000
    @Option(help: "Users in the catalog, each with an email, a membership and a session.") var users = 1_000_000
    @Option(help: "Look-ups under way at once, in the second measurement.") var inFlight = 32
    @Option(help: "Users that want one email at once.") var contenders = 8
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
        guard (1...10_000_000).contains(users) else { throw ValidationError("--users takes 1 to 10000000") }
        guard (2...64).contains(contenders) else { throw ValidationError("--contenders takes 2 to 64") }
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
                machine: machine, settings: [("tenants", tenants), ("users", users), ("inFlight", inFlight)],
                seconds: seconds,
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
        try await UserFilling(driver: open.driver, users: users).run { done in
            progress("\(name): making \(users) users", done)
            return !stop.isSet
        }
        var lines: [FoundLines.Line] = []
        for (what, inFlight, work) in works(open.driver, stop) {
            progress("\(name): \(what), \(inFlight) at once", 0)
            lines.append(.init(catalog: name, what: what, inFlight: inFlight, measurement: try await work()))
        }
        return lines
    }

    private typealias Work = () async throws -> Benchmarks.Measurement

    private func works(_ driver: any CatalogDriver, _ stop: StopFlag) -> [(what: String, inFlight: Int, work: Work)] {
        let lookups = CatalogLookups(
            driver: driver, tenants: tenants, users: users,
            loop: CatalogLoop(nanoseconds: UInt64(seconds * 1e9), stop: stop))
        return [
            ("place, cached", 1, lookups.cachedPlaces),
            ("place", 1, { try await lookups.places(inFlight: 1) }),
            ("place", inFlight, { try await lookups.places(inFlight: inFlight) }),
            ("session, cached", 1, lookups.cachedSessions),
            ("session", 1, { try await lookups.sessions(inFlight: 1) }),
            ("session", inFlight, { try await lookups.sessions(inFlight: inFlight) }),
            ("user by email", 1, { try await lookups.emails(inFlight: 1) }),
            ("user by email", inFlight, { try await lookups.emails(inFlight: inFlight) }),
            ("race for an email", contenders, { try await lookups.races(contenders: contenders) }),
        ]
    }
}

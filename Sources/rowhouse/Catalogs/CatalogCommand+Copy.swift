import ArgumentParser
import Catalog
import Seams
import Synchronization
import Terminal

extension CatalogCommand {
    struct Copy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Copy a catalog into an empty one of another kind, and make that the catalog.",
            discussion: """
                From its beginning the source takes no changes any more, from no node; a node that runs on it goes on with what \
                it knows until its lease ends. So stop the nodes, copy, change `catalog` in their configuration, and start them: \
                the copy has the same identity, and the old catalog is refused from then on.

                A copy that was cut short goes on where it was when the same command is run again. At its end both are read \
                whole and compared by counts and checksums; before that the copy is refused.

                Exit codes: 0 copied, or was copied before, 1 failed (run it again), 3 no catalog there, 4 the target is not \
                empty or the source was copied elsewhere, 5 not reachable, 73 its node is running.
                """)

        @Option(help: "The catalog to copy; by default the one that the settings name.") var from: String?
        @Option(help: "Where to copy it.") var to: String
        @OptionGroup var sources: SettingsOptions
        @Flag(help: "Say what there is to do, and change nothing.") var dryRun = false
        @Flag(help: "Answer in JSON.") var json = false

        func run() async throws {
            let settings = try CatalogCommand.settings(sources)
            let target = try CatalogPlace(to, settings)
            guard try CatalogPlace(from, settings) != target else {
                throw ValidationError("--from and --to name the same catalog")
            }
            if dryRun {
                let exists = try await CatalogCommand.saying { try await target.exists(settings) }
                return try await rehearse(exists)
            }
            let (rows, name) = try await CatalogCommand.with(from, sources) { source in
                try await CatalogCommand.with(to, sources, for: .make) { target in
                    (try await copy(source, target), target.name)
                }
            }
            show(rows, name)
        }

        private func rehearse(_ exists: Bool) async throws {
            let (counts, plan) = try await CatalogCommand.with(from, sources) { source in
                let alone = CatalogCopy.between(source, source)
                guard try await CatalogIdentity.read(source.driver) != nil else {
                    throw CopyError.noSource(source.name)
                }
                guard exists else { return (try await alone.counts(), CatalogCopy.Plan.begin) }
                do {
                    return try await CatalogCommand.with(to, sources) { target in
                        let copy = CatalogCopy.between(source, target)
                        return (try await copy.counts(), try await copy.plan())
                    }
                } catch let failure as CommandFailure where failure.status == .notFound {
                    // The target's directory is there, and no catalog in it.
                    return (try await alone.counts(), CatalogCopy.Plan.begin)
                }
            }
            let words =
                switch plan {
                case .begin: "begin"
                case .goOn: "go_on"
                case .done: "done"
                }
            if json {
                let rows = Dictionary(
                    uniqueKeysWithValues: counts.map { ($0.table, JSONValue.integer(Int64($0.rows))) })
                let answer = JSONValue.object(["plan": .string(words), "rows": .object(rows)])
                return Console.write(answer.text(pretty: true) + "\n")
            }
            var table = Table([Table.Column("table", kept: true), Table.Column("rows", right: true)])
            for count in counts { table.add([count.table, "\(count.rows)"]) }
            Console.write(table.text(width: Console.width) + "\n")
            switch plan {
            case .begin: Console.write("these rows would be copied\n")
            case .goOn(let mark):
                let name = mark.table < counts.count ? counts[mark.table].table : "the end"
                Console.write("a copy was cut short at \(name), row \(mark.rows); it would go on there\n")
            case .done: Console.write("the copy is whole; there is nothing to do\n")
            }
        }

        private func copy(_ source: OpenCatalog, _ target: OpenCatalog) async throws -> [CatalogCopy.Row]? {
            defer { Console.endProgress() }
            let pace = CopyPace()
            return try await CatalogCopy.between(source, target).run(now: SystemTime().wall()) { progress in
                if let line = pace.line(progress) { Console.show(line) }
            }
        }

        private func show(_ rows: [CatalogCopy.Row]?, _ name: String) {
            if json {
                let tables = (rows ?? []).map { row in
                    JSONValue.object([
                        "table": .string(row.table), "rows": .integer(Int64(row.sum.rows)),
                        "checksum": .string("\(row.sum)"),
                    ])
                }
                let answer = JSONValue.object([
                    "catalog": .string(name), "copied": .bool(rows != nil), "tables": .array(tables),
                ])
                return Console.write(answer.text(pretty: true) + "\n")
            }
            guard let rows else { return Console.write("\(TerminalText.visible(name)) is the copy already\n") }
            var table = Table([
                Table.Column("table", kept: true), Table.Column("rows", right: true), Table.Column("checksum of both"),
            ])
            for row in rows { table.add([row.table, "\(row.sum.rows)", "\(row.sum)"]) }
            Console.write(table.text(width: Console.width))
            Console.write("\nThe catalog is \(TerminalText.visible(name)) now: name it in `catalog` of every node.\n")
        }
    }
}

extension CatalogCopy {
    fileprivate static func between(_ source: OpenCatalog, _ target: OpenCatalog) -> CatalogCopy {
        CatalogCopy(
            from: .init(source.driver, name: source.name), to: .init(target.driver, name: target.name),
            sleep: NodeParts.sleep, operation: { OperationID(random: SystemRandom()) })
    }
}

/// Turns progress into lines, some ten a second.
private final class CopyPace: Sendable {
    private let start = ContinuousClock.now
    private let last = Mutex<(shown: ContinuousClock.Instant, began: ContinuousClock.Instant, isComparing: Bool)>(
        (.now - .seconds(1), .now, false))

    func line(_ progress: CatalogCopy.Progress) -> ProgressLine? {
        let now = ContinuousClock.now
        let began = last.withLock { last -> ContinuousClock.Instant? in
            if progress.isComparing != last.isComparing { last = (last.shown, now, progress.isComparing) }
            guard now - last.shown >= .milliseconds(100) else { return nil }
            last.shown = now
            return last.began
        }
        guard let began else { return nil }
        let elapsed = now - began
        var label = "\(progress.isComparing ? "comparing" : "copying") \(progress.table): "
        label += "\(progress.rows) of \(progress.total) rows"
        if elapsed >= .seconds(1), progress.rows > 0, progress.total > progress.rows {
            let left = elapsed * Double(progress.total - progress.rows) / Double(progress.rows)
            label += ", \(HumanText.duration(left)) left"
        }
        return ProgressLine(label: label, done: 0, total: nil, elapsed: now - start)
    }
}

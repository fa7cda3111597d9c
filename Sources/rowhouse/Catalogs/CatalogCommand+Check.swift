import ArgumentParser
import Catalog
import Terminal

extension CatalogCommand {
    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Hold a catalog's tables against each other; changes nothing.",
            discussion: """
                Tenants without a place, places without a tenant, owners that never registered, moves that are not recorded, \
                claims, emails, sign-ups, memberships and sessions of nobody, keys of which none signs, gaps in the change logs. \
                On a catalog that is in use, what is found may be on its way. Nodes are not asked what files they have.

                Exit codes: 0 consistent, 1 something was found or it could not be read, 3 no catalog there, 5 not reachable, \
                73 its node is running.
                """)

        @Argument(help: "Which catalog; by default the one that the settings name.") var catalog: String?
        @OptionGroup var sources: SettingsOptions
        @Flag(help: "Answer in JSON.") var json = false

        func run() async throws {
            let (report, name) = try await CatalogCommand.with(catalog, sources) { open in
                (try await CatalogCheck(open.driver).run(), open.name)
            }
            Console.write(json ? Self.json(report, name).text(pretty: true) + "\n" : Self.text(report, name))
            if !report.findings.isEmpty { throw ExitCode(CommandStatus.failed.rawValue) }
        }

        private static func text(_ report: CatalogCheck.Report, _ name: String) -> String {
            var text =
                "catalog \(report.identity.map { "\($0)" } ?? "without identity") in \(TerminalText.visible(name)), "
            text += "schema \(report.schema)\n"
            if let seal = report.seal { text += "\(TerminalText.visible(seal.description))\n" }
            var table = Table([Table.Column("table", kept: true), Table.Column("rows", right: true)])
            for row in report.rows { table.add([row.table, "\(row.count)"]) }
            text += "\n" + table.text(width: Console.width) + "\n"
            for finding in report.findings {
                text += "\(finding.count) × \(finding.rule): \(finding.meaning)"
                text += finding.examples.isEmpty ? "\n" : ", such as \(finding.examples.joined(separator: " "))\n"
            }
            return text + (report.findings.isEmpty ? "consistent\n" : "")
        }

        private static func json(_ report: CatalogCheck.Report, _ name: String) -> JSONValue {
            .object([
                "catalog": .string(name), "identity": report.identity.map { .string("\($0)") } ?? .null,
                "schema": .integer(Int64(report.schema)), "sealed": report.seal.map { .string("\($0)") } ?? .null,
                "rows": .object(
                    Dictionary(uniqueKeysWithValues: report.rows.map { ($0.table, .integer(Int64($0.count))) })),
                "findings": .array(
                    report.findings.map { finding in
                        .object([
                            "rule": .string(finding.rule), "meaning": .string(finding.meaning),
                            "count": .integer(Int64(finding.count)),
                            "examples": .array(finding.examples.map { .string($0) }),
                        ])
                    }),
            ])
        }
    }
}

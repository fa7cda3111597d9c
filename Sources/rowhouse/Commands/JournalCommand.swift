import ArgumentParser
import Foundation
import Journal
import Seams
import Settings
import Terminal
import Vocabulary

struct JournalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "Look at the journal of a node that is not running.",
        discussion: """
            Reads the files and changes nothing. While the node runs, what is read may end early.

            Exit codes: 0 sound, 1 not readable, 3 no journal there, 65 damaged.
            """,
        subcommands: [Dump.self, Verify.self])
}

/// Where the journal lies.
struct JournalPlace: ParsableArguments {
    @OptionGroup var sources: SettingsOptions

    @Option(help: ArgumentHelp("The journal's folder, instead of the one that the settings name.", valueName: "dir"))
    var directory: String?

    /// Opens the journal for the time of `body`.
    ///
    /// - Throws: `CommandFailure`: 3 where there is no journal, 65 where its manifest is lost, 1 where it cannot be read or the
    ///   settings have mistakes.
    func read<Answer>(_ body: (JournalReader) throws(JournalError) -> Answer) throws(CommandFailure) -> Answer {
        let folder = try folder()
        guard FileManager.default.fileExists(atPath: folder) else {
            throw CommandFailure(
                .notFound, "there is no journal in \(folder)", advice: "name its folder with --directory or --data")
        }
        do throws(JournalError) {
            let reader = try JournalReader(folder, files: PosixFiles())
            defer { reader.close() }
            return try body(reader)
        } catch {
            if case .manifest = error { throw CommandFailure(.journalDamaged, "\(error) (in \(folder))") }
            throw CommandFailure(.failed, "\(error) (in \(folder))")
        }
    }

    private func folder() throws(CommandFailure) -> String {
        if let directory { return directory }
        do throws(SettingsError) {
            let settings = try sources.load().settings
            return settings.journal.directory ?? settings.node.data + "/journal"
        } catch {
            throw CommandFailure(.failed, "the configuration has mistakes\n\(error)")
        }
    }
}

extension JournalCommand {
    struct Dump: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the journal's records from the recovery point on, one on each line.")

        @OptionGroup var place: JournalPlace
        @Option(help: "Begin with this LSN.") var from: UInt64 = 0
        @Option(help: "Only records of this tenant (its id, in hexadecimal).") var tenant: String?
        @Option(help: "How many at most; 0 for all.") var limit = 0
        @Flag(help: "One JSON object on each line.") var json = false

        func validate() throws {
            guard limit >= 0 else { throw ValidationError("--limit takes 0 or more") }
            guard tenant.map({ TenantID(hex: $0) != nil }) ?? true else {
                throw ValidationError("--tenant takes the id that `rowhouse tenant show` prints, not a key")
            }
        }

        func run() async throws {
            let wanted = tenant.flatMap { TenantID(hex: $0) }
            var printed = 0
            let end = try place.read { (reader) throws(JournalError) in
                try reader.records(from: LSN(from)) { (record) throws(JournalError) in
                    guard wanted == nil || record.header.tenant == wanted, limit == 0 || printed < limit else { return }
                    printed += 1
                    Console.write(line(DumpedRecord(record)) + "\n")
                }
            }
            if let damage = end.damage { throw CommandFailure(.journalDamaged, "\(damage)") }
        }

        private func line(_ record: DumpedRecord) -> String {
            guard json else { return record.description }
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            // Numbers and strings only: encoding them cannot fail.
            return (try? encoder.encode(record)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
        }
    }

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the journal against its own rules: checksums, order, completeness.")

        @OptionGroup var place: JournalPlace
        @Flag(help: "Answer in JSON.") var json = false

        func run() async throws {
            let report = try place.read { (reader) throws(JournalError) in try JournalVerify.run(reader) }
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
                Console.write(String(decoding: try encoder.encode(report), as: UTF8.self) + "\n")
            } else {
                Console.write(report.description + "\n")
            }
            if !report.isSound { throw ExitCode(CommandStatus.journalDamaged.rawValue) }
        }
    }
}

import Foundation
import Hrana
import Seams
import Terminal

/// What dot commands do.
struct ShellCommands {
    enum Next: Equatable {
        case go
        case failed
        case stop
    }

    /// Files that read each other go no deeper.
    private static let deepest = 10

    let session: ShellSession

    /// - Parameter place: where it stands; nil where it was typed.
    func run(_ line: String, place: String? = nil) async -> Next {
        do {
            return try await run(try DotCommand(line))
        } catch is CancellationError {
            Console.complain("interrupted")
        } catch let failure as CommandFailure {
            session.complain(place.map { failure.at($0) } ?? failure)
        } catch {
            session.complain(CommandFailure(.failed, "\(error)"))
        }
        return .failed
    }

    private func run(_ command: DotCommand) async throws -> Next {
        let arguments = command.arguments
        switch command.name {
        case .exit, .quit: return .stop
        case .help: session.output.write(help)
        case .print:
            session.output.write(TerminalText.visible(arguments.joined(separator: " "), keepingLines: true) + "\n")
        case .show: session.output.write(session.settings.text)
        case .read: return try await read(try one(arguments, ".read FILE"))
        case .output: try session.output.go(to: arguments.first, once: false)
        case .once: try session.output.go(to: try one(arguments, ".once FILE"), once: true)
        case .parameter: try parameter(arguments)
        case .tables, .indexes, .schema: try await look(command)
        case .dump: try await dump(arguments)
        case .import: try await importRows(arguments)
        default: try set(command)
        }
        return .go
    }

    // MARK: Settings

    private func set(_ command: DotCommand) throws(CommandFailure) {
        let arguments = command.arguments
        switch command.name {
        case .bail: session.settings.bail = try toggle(arguments, command)
        case .echo: session.settings.echo = try toggle(arguments, command)
        case .headers: session.settings.headers = try toggle(arguments, command)
        case .timer: session.settings.timer = try toggle(arguments, command)
        case .nullvalue: session.settings.null = try one(arguments, ".nullvalue TEXT")
        case .maxrows: session.settings.maxRows = try number(try one(arguments, ".maxrows N"))
        case .width:
            var widths: [Int] = []
            for argument in arguments { widths.append(try number(argument)) }
            session.settings.widths = widths
        case .mode:
            let name = try one(arguments, ".mode MODE")
            guard let format = ResultFormat.named.first(where: { $0.rawValue == name }) else {
                let names = ResultFormat.named.map(\.rawValue).joined(separator: ", ")
                throw CommandFailure(.usage, ".mode takes one of \(names)")
            }
            session.settings.format = format
        default: break
        }
    }

    private func toggle(_ arguments: [String], _ command: DotCommand) throws(CommandFailure) -> Bool {
        switch arguments.first?.lowercased() {
        case "on", "yes", "1": return true
        case "off", "no", "0": return false
        default: throw CommandFailure(.usage, ".\(command.name.rawValue) takes on or off")
        }
    }

    private func number(_ text: String) throws(CommandFailure) -> Int {
        guard let number = Int(text), (0...1_000_000_000).contains(number) else {
            throw CommandFailure(.usage, "\(text) is no number")
        }
        return number
    }

    private func one(_ arguments: [String], _ usage: String) throws(CommandFailure) -> String {
        guard arguments.count == 1 else { throw CommandFailure(.usage, "usage: \(usage)") }
        return arguments[0]
    }

    private func parameter(_ arguments: [String]) throws(CommandFailure) {
        switch (arguments.first, arguments.count) {
        case ("set", 3):
            session.arguments.named[StatementArguments.bare(arguments[1])] = ArgumentText.value(arguments[2])
        case ("unset", 2): session.arguments.named[StatementArguments.bare(arguments[1])] = nil
        case ("clear", 1): session.arguments.named = [:]
        case ("list", 1):
            for (name, value) in session.arguments.named.sorted(by: { $0.key < $1.key }) {
                session.output.write(TerminalText.visible("\(name) = \(ValueText.literal(value))") + "\n")
            }
        default: throw CommandFailure(.usage, "usage: .parameter set NAME VALUE | unset NAME | list | clear")
        }
    }

    private var help: String {
        let width = DotCommand.help.map { TerminalText.width($0.usage) }.max() ?? 0
        let commands = DotCommand.help.map { "\(TerminalText.padded($0.usage, to: width))  \($0.text)\n" }.joined()
        return commands + """

            A statement ends with a semicolon and may go over several lines. Control-C ends what runs, or gives up what was typed; \
            Control-R looks into the history; Tab completes.

            """
    }

    // MARK: Files

    private func read(_ path: String) async throws -> Next {
        guard session.depth < Self.deepest else { throw CommandFailure(.failed, "files read each other too deep") }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw CommandFailure(.failed, "\(path) cannot be read: \(SystemErrorText.words(errno))")
        }
        defer { close(file) }
        // A file stops at its first error also where somebody types.
        let bail = session.settings.bail
        if session.isInteractive { session.settings.bail = true }
        session.depth += 1
        defer {
            session.depth -= 1
            if session.isInteractive { session.settings.bail = bail }
        }
        var script = ShellScript(session, name: path)
        let next = try await script.run(file)
        // Leaving a file is not leaving the shell.
        return session.isInteractive && next == .stop ? .go : next
    }

    // MARK: Schema

    private func look(_ command: DotCommand) async throws {
        let pattern = command.arguments.first
        switch command.name {
        case .tables:
            let found = try await session.rows(
                """
                SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                AND name LIKE ? ORDER BY name
                """, [.text(pattern ?? "%")])
            session.output.write(ColumnsText.text(texts(found), width: session.output.width))
        case .indexes:
            let found = try await session.rows(
                "SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name LIKE ? ORDER BY name",
                [.text(pattern ?? "%")])
            session.output.write(ColumnsText.text(texts(found), width: session.output.width))
        default:
            let found = try await session.rows(
                """
                SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND (name LIKE ? OR tbl_name LIKE ?) \
                ORDER BY tbl_name, type DESC, rowid
                """, [.text(pattern ?? "%"), .text(pattern ?? "%")])
            let lines = texts(found).map { TerminalText.visible($0, keepingLines: true) + ";\n" }
            session.output.write(lines.joined())
        }
        session.output.endResult()
    }

    private func texts(_ rows: [[Value]]) -> [String] {
        rows.compactMap { if case .text(let text)? = $0.first { text } else { nil } }
    }
}

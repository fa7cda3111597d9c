import ArgumentParser
import Terminal

/// How rows are shown.
struct ResultFormatOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How to write rows: \(ResultFormat.named.map(\.rawValue).joined(separator: ", ")) (default: table).",
            valueName: "format"),
        completion: .list(ResultFormat.named.map(\.rawValue)))
    var format: String?

    @Flag(inversion: .prefixedNo, help: "Write the columns' names (table, box, markdown, csv).")
    var headers = true

    @Option(help: ArgumentHelp("What stands for NULL, but in JSON (default: NULL; nothing in csv).", valueName: "text"))
    var nullValue: String?

    @Option(
        help: ArgumentHelp(
            "Rows that table, box and markdown show; 0 for all (default: 1000 on a terminal, else all).",
            valueName: "rows"))
    var maxRows: Int?

    /// - Throws: `ValidationError` for a format that is none.
    func options(_ remote: RemoteOptions) throws -> ResultOptions {
        var options = ResultOptions(try chosen(remote))
        guard (maxRows ?? 0) >= 0 else { throw ValidationError("--max-rows takes 0 or more") }
        options.width = Console.width
        options.headers = headers
        options.null = nullValue
        options.maxRows = maxRows ?? (options.width == nil ? 0 : 1_000)
        options.moreRows = "--max-rows 0 shows all, and so do the formats csv, json, ndjson and line"
        options.counts = options.format.isForPeople
        return options
    }

    private func chosen(_ remote: RemoteOptions) throws -> ResultFormat {
        guard let format else { return remote.json ? .answer : .table }
        guard let known = ResultFormat.named.first(where: { $0.rawValue == format }) else {
            let names = ResultFormat.named.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--format takes one of \(names), not \(format)")
        }
        return known
    }
}

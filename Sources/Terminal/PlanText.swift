/// A plan in words, for a terminal: a line about all of it, its rows, and what it refuses.
package struct PlanText: Sendable {
    private let plan: JSONValue

    package init(_ plan: JSONValue) { self.plan = plan }

    /// Columns of refusals where the terminal does not say.
    private static let usualWidth = 100

    package func text(width: Int?) -> String {
        var text = heading + "\n"
        let rows = plan["rows"]?.array ?? []
        if !rows.isEmpty { text += "\n" + table(rows).text(width: width) }
        let refusals = (plan["refusals"]?.array ?? []).compactMap(\.string)
        if !refusals.isEmpty { text += "\nnot moved:\n" }
        for refusal in refusals {
            text += Self.wrapped(TerminalText.visible(refusal), to: width ?? Self.usualWidth)
        }
        if let more = plan["moreRefusals"]?.integer, more > 0 { text += "  and \(more) more\n" }
        if plan["state"]?.string == "planned", !rows.isEmpty {
            text += "\ncarry it out with: rowhouse rebalance apply \(id)\n"
        }
        return text
    }

    private var id: String { TerminalText.visible(plan["id"]?.string ?? "?") }

    private var heading: String {
        let moves = plan["moves"]?.integer ?? 0
        guard moves > 0 else { return "plan \(id): nothing is to be moved" }
        var parts = [HumanText.count(moves, "move"), HumanText.size(plan["bytes"]?.integer ?? 0)]
        if let forecast = plan["forecastMS"]?.integer {
            parts.append("~\(HumanText.duration(.milliseconds(forecast)))")
        }
        if plan["state"]?.string == "planned" {
            parts.append("expires \(TerminalText.visible(plan["expiresAt"]?.string ?? ""))")
        } else {
            parts.append(progress)
        }
        return "plan \(id): " + parts.joined(separator: ", ")
    }

    /// `ended: 12 done, 1 skipped`.
    package var progress: String {
        let counts = plan["counts"]
        let told = ["running", "done", "failed", "skipped", "waiting"].compactMap { state -> String? in
            guard let count = counts?[state]?.integer, count > 0 else { return nil }
            return "\(count) \(state)"
        }
        let state = TerminalText.visible(plan["state"]?.string ?? "?")
        return told.isEmpty ? state : "\(state): \(told.joined(separator: ", "))"
    }

    /// In bytes of the rows that have ended.
    package func progressLine(elapsed: Duration) -> ProgressLine {
        let rows = plan["rows"]?.array ?? []
        let ended = rows.filter { !["waiting", "running"].contains($0["state"]?.string ?? "") }
        return ProgressLine(
            label: "\(ended.count) of \(HumanText.count(Int64(rows.count), "move"))",
            done: ended.reduce(0) { $0 + ($1["bytes"]?.integer ?? 0) }, total: plan["bytes"]?.integer, elapsed: elapsed)
    }

    private func table(_ rows: [JSONValue]) -> Table {
        let hasBegun = plan["state"]?.string != "planned"
        var columns = [
            Table.Column("TENANT", kept: true), Table.Column("FROM"), Table.Column("TO"),
            Table.Column("SIZE", right: true),
        ]
        if hasBegun { columns.append(Table.Column("STATE", kept: true)) }
        columns.append(Table.Column("WHY"))
        var table = Table(columns)
        for row in rows {
            var cells = [
                row["tenant"]?.string ?? "", row["from"]?.string ?? "", row["to"]?.string ?? "",
                HumanText.size(row["bytes"]?.integer ?? 0),
            ]
            if hasBegun { cells.append(row["state"]?.string ?? "") }
            cells.append(row["detail"]?.string ?? row["reason"]?.string ?? "")
            table.add(cells)
        }
        return table
    }

    /// How rebalancing stands: who is at it, whether it waits, and the last plan.
    package static func status(_ state: JSONValue, width: Int?) -> String {
        let controller = state["controller"]?.string.map { TerminalText.visible($0) }
        var text = "controller  \(controller ?? "none yet")\n"
        text += "automatic   \(state["automatic"]?.bool == true ? "yes" : "no (rebalancing.automatic)")\n"
        let paused = state["pausedUntil"]?.string.map { "until \(TerminalText.visible($0))" }
        text += "paused      \(paused ?? "no")\n"
        guard let plan = state["plan"], plan["id"] != nil else { return text + "plan        none was carried out\n" }
        return text + "\n" + PlanText(plan).text(width: width)
    }

    /// Lines of at most so many columns, broken at blanks; those after the first stand further in.
    private static func wrapped(_ text: String, to width: Int) -> String {
        var lines = ["  "]
        for word in text.split(separator: " ") {
            let line = lines[lines.count - 1]
            let isEmpty = line.allSatisfy { $0 == " " }
            if !isEmpty, TerminalText.width(line) + 1 + TerminalText.width(String(word)) > width {
                lines.append("    \(word)")
            } else {
                lines[lines.count - 1] += isEmpty ? String(word) : " \(word)"
            }
        }
        return lines.map { $0 + "\n" }.joined()
    }
}

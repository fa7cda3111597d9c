import Hrana

/// Rows as objects: in one array, or one on each line. Of columns with one name the later ones get a number.
struct JSONObjectRows: RowFormatter {
    let isArray: Bool
    private var members: [String] = []
    private var isFirst = true

    init(isArray: Bool) { self.isArray = isArray }

    mutating func begin(_ columns: [String], into out: inout String) {
        var taken: Set<String> = []
        members = columns.map { column in
            var name = column
            var number = 2
            while !taken.insert(name).inserted {
                name = "\(column)_\(number)"
                number += 1
            }
            var text = ""
            JSONText.append(name, to: &text)
            return text + ":"
        }
        if isArray { out += "[" }
    }

    mutating func row(_ values: [Value], into out: inout String) {
        if isArray, !isFirst { out += ",\n" }
        isFirst = false
        out += "{"
        for (index, (member, value)) in zip(members, values).enumerated() {
            if index > 0 { out += "," }
            out += member
            JSONText.append(value, to: &out)
        }
        out += isArray ? "}" : "}\n"
    }

    mutating func end(_ summary: ResultSummary, into out: inout String) {
        if isArray { out += "]\n" }
    }
}

/// The whole answer, on one line.
struct JSONAnswerRows: RowFormatter {
    private var isFirst = true

    mutating func begin(_ columns: [String], into out: inout String) {
        out += "{\"columns\":"
        array(columns, into: &out) { JSONText.append($0, to: &$1) }
        out += ",\"rows\":["
    }

    mutating func row(_ values: [Value], into out: inout String) {
        if !isFirst { out += "," }
        isFirst = false
        array(values, into: &out) { JSONText.append($0, to: &$1) }
    }

    mutating func end(_ summary: ResultSummary, into out: inout String) {
        out += "],\"rowsAffected\":\(summary.affectedRows),\"lastInsertRowID\":"
        JSONText.append(summary.lastInsertRowID.map { .integer($0) } ?? .null, to: &out)
        out += "}\n"
    }

    private func array<Item>(_ items: [Item], into out: inout String, _ append: (Item, inout String) -> Void) {
        out += "["
        for (index, item) in items.enumerated() {
            if index > 0 { out += "," }
            append(item, &out)
        }
        out += "]"
    }
}

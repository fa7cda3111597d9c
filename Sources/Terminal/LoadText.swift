/// What nodes and tenants use, in tables for a terminal.
package enum LoadText {
    package static func text(_ load: JSONValue, width: Int?) -> String {
        let tenants = load["tenants"]?.array ?? []
        let table = nodes(load["nodes"]?.array ?? []).text(width: width)
        guard !tenants.isEmpty else { return table + "\nno tenant has used anything lately\n" }
        return table + "\n" + busiest(tenants).text(width: width)
    }

    private static func nodes(_ nodes: [JSONValue]) -> Table {
        var table = Table([
            Table.Column("NODE", kept: true), Table.Column("STATE"), Table.Column("TENANTS", right: true),
            Table.Column("SIZE", right: true), Table.Column("CPU", right: true), Table.Column("MEMORY", right: true),
            Table.Column("DISK", right: true), Table.Column("WRITES", right: true),
        ])
        for node in nodes {
            let load = node["load"]
            table.add([
                node["id"]?.string ?? "", node["state"]?.string ?? "", node["tenants"]?.integer.map(String.init) ?? "-",
                node["bytes"]?.integer.map(HumanText.size) ?? "-", share(load?["cpu"]), share(load?["memory"]),
                share(load?["disk"]), rate(load?["writesPerSecond"]),
            ])
        }
        return table
    }

    private static func busiest(_ tenants: [JSONValue]) -> Table {
        var table = Table([
            Table.Column("TENANT", kept: true), Table.Column("NODE"), Table.Column("CORES", right: true),
            Table.Column("30 MIN", right: true), Table.Column("WRITES", right: true),
            Table.Column("MEMORY", right: true),
            Table.Column("SIZE", right: true),
        ])
        for tenant in tenants {
            let fast = tenant["fast"]
            table.add([
                tenant["tenant"]?.string ?? "", tenant["node"]?.string ?? "", cores(fast?["cores"]),
                cores(tenant["slow"]?["cores"]), rate(fast?["writesPerSecond"]),
                fast?["memory"]?.integer.map(HumanText.size) ?? "-",
                tenant["bytes"]?.integer.map(HumanText.size) ?? "-",
            ])
        }
        return table
    }

    private static func share(_ value: JSONValue?) -> String {
        guard let share = number(value) else { return "-" }
        return "\(tenths(share * 100)) %"
    }

    private static func cores(_ value: JSONValue?) -> String {
        guard let cores = number(value) else { return "-" }
        let whole = Int64((cores * 1000).rounded())
        let digits = String(whole % 1000)
        return "\(whole / 1000).\(String(repeating: "0", count: 3 - digits.count))\(digits)"
    }

    private static func rate(_ value: JSONValue?) -> String { value?.integer.map { "\(HumanText.size($0))/s" } ?? "-" }

    private static func number(_ value: JSONValue?) -> Double? {
        switch value {
        case .integer(let whole): Double(whole)
        case .number(let number): number
        default: nil
        }
    }

    private static func tenths(_ value: Double) -> String {
        let whole = Int64((value * 10).rounded())
        return "\(whole / 10).\(whole % 10)"
    }
}

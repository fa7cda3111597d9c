/// The requests of one workload, made before the first is sent: a head for each tenant, and bodies that all have one length
/// so that any goes with any head.
struct RequestShape: Sendable {
    let heads: [[UInt8]]
    let bodies: [[UInt8]]

    init(_ target: LoadTarget, _ workload: Workload) {
        let bodies = Self.bodies(workload).map { Array($0.utf8) }
        let length = bodies[0].count
        precondition(bodies.allSatisfy { $0.count == length }, "bodies of different lengths under one head")
        self.bodies = bodies
        heads = target.tenants.map { tenant in
            let token = tenant.token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
            return Array(
                """
                POST \(tenant.path)/v3/pipeline HTTP/1.1\r
                Host: \(target.host):\(target.port)\r
                Content-Type: application/json\r
                \(token)Content-Length: \(length)\r
                \r

                """.utf8)
        }
    }

    /// Keys of two digits only, for the one length.
    private static func bodies(_ workload: Workload) -> [String] {
        switch workload {
        case .writes: [pipeline(WorkTable.insert, [text(WorkTable.name), text(WorkTable.body)])]
        case .reads: (10..<WorkTable.rows).map { pipeline(WorkTable.select, [#"{"type":"integer","value":"\#($0)"}"#]) }
        }
    }

    private static func text(_ value: String) -> String { #"{"type":"text","value":"\#(value)"}"# }

    /// One statement on a stream of its own, as a client's `execute` sends it.
    private static func pipeline(_ sql: String, _ arguments: [String]) -> String {
        let statement = #"{"sql":"\#(sql)","args":[\#(arguments.joined(separator: ","))]}"#
        return #"{"baton":null,"requests":[{"type":"execute","stmt":\#(statement)},{"type":"close"}]}"#
    }
}

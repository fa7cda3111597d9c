import Terminal

/// Asks for a node's state until it is empty, cannot be emptied, or nobody drains it any more.
struct DrainFollower {
    let client: RemoteClient
    let id: String

    private static let look = Duration.milliseconds(500)
    /// Looks in a row that say that it cannot be finished: the reason may go by itself.
    private static let patience = 20

    func follow(_ remote: RemoteOptions) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        var first: Int64?
        var stuck = 0
        while true {
            let node = try await client.call(.get, RequestPath.build(["v1", "nodes", id]))
            let left = node["tenants"]?.integer ?? 0
            let drain = node["drain"] ?? .null
            let total = first ?? left
            first = total
            let reason = drain["cannotFinish"]?.string
            stuck = reason == nil ? 0 : stuck + 1
            if drain.isNull || left == 0 || stuck > Self.patience {
                Console.endProgress()
                try end(node, drain, left, total - left, clock.now - start, remote)
                return
            }
            Console.show(
                ProgressLine(
                    label: reason == nil ? "draining \(id)" : "draining \(id), held up", done: total - left,
                    total: total,
                    elapsed: clock.now - start, unit: "tenants"))
            try await clock.sleep(for: Self.look)
        }
    }

    private func end(
        _ node: JSONValue, _ drain: JSONValue, _ left: Int64, _ moved: Int64, _ elapsed: Duration,
        _ remote: RemoteOptions
    ) throws {
        if remote.json { Console.write(node.text(pretty: true) + "\n") }
        guard !drain.isNull else {
            throw CommandFailure(.conflict, "nobody drains \(id) any more; it has \(HumanText.count(left, "tenant"))")
        }
        guard left == 0 else {
            throw CommandFailure(
                .conflict,
                "\(id) cannot be emptied: \(HumanText.count(left, "tenant")) left: \(drain["cannotFinish"]?.string ?? "")",
                advice: "it goes on when the reason is gone; see `rowhouse node show \(id)`")
        }
        guard !remote.json else { return }
        Console.write(
            TerminalText.visible(
                "node \(id) is empty and may be stopped; moved \(HumanText.count(moved, "tenant")) in \(HumanText.duration(elapsed))"
            )
                + "\n")
    }
}

package import Catalog
package import Seams

/// Looks at the nodes' beats and marks the silent ones `suspect`, so that nobody gives them new tenants; their next renewal
/// takes it back. Run by the process that holds the catalog: the loop around `LeaseObserver`.
package struct LeaseWatch: Sendable {
    private let nodes: NodeRows
    private let numbers: LeaseNumbers
    private let time: any TimeSource
    private let sleep: Sleep

    package init(store: CatalogStore, numbers: LeaseNumbers, time: any TimeSource, sleep: @escaping Sleep) {
        nodes = NodeRows(store)
        self.numbers = numbers
        self.time = time
        self.sleep = sleep
    }

    /// Until the task is cancelled. A look that fails is made up for by the next: silence is counted by beats, not by looks.
    ///
    /// - Parameter suspected: told of each node that was marked.
    package func run(suspected: @Sendable (NodeRow) -> Void) async {
        var observer = LeaseObserver(numbers)
        while (try? await sleep(numbers.renewEvery)) != nil {
            for node in (try? await look(&observer)) ?? [] { suspected(node) }
        }
    }

    private func look(_ observer: inout LeaseObserver) async throws(CatalogError) -> [NodeRow] {
        let rows = try await nodes.list()
        var marked: [NodeRow] = []
        for action in observer.observe(rows, at: time.monotonic()) {
            let id =
                switch action {
                case .suspect(let id): id
                case .mayFence(let id, _, _): id
                }
            if try await nodes.turn(id, from: .up, to: .suspect, at: time.wall()),
                let row = rows.first(where: { $0.id == id })
            {
                marked.append(row)
            }
        }
        return marked
    }
}

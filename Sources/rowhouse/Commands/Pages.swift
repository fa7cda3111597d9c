import Terminal

/// A list of the control plane, fetched page by page and shown as it comes, so that a fleet of any size passes through
/// a bounded memory.
struct Pages {
    /// Objects in one answer; the most that the control plane gives.
    private static let pageSize = 1000

    let path: [String]
    var query: [(name: String, value: String?)] = []
    /// Objects in all; 0: all there are.
    var limit = 0
    /// The list has no pages.
    var isOnePage = false

    /// A table for each page (the headings are repeated with it), or one JSON object on each line.
    func show(_ remote: RemoteOptions, as listing: Listing) async throws {
        let client = try remote.client()
        var cursor: String?
        var shown = 0
        repeat {
            let size = limit == 0 ? Self.pageSize : min(Self.pageSize, limit - shown)
            let page = try await client.call(.get, address(size, cursor))
            guard let items = page["items"]?.array else {
                throw CommandFailure.unreachable(client.base, "the answer is no list; is it a node's address?")
            }
            let next = page["next"]?.string
            guard next == nil || next != cursor else {
                throw CommandFailure(.failed, "the node gives the same page again")
            }
            cursor = next
            shown += items.count
            if remote.json {
                Console.write(items.map { $0.text() + "\n" }.joined())
            } else if !items.isEmpty || shown == 0 {
                Console.write(listing.table(items, width: Console.width))
            }
        } while cursor != nil && (limit == 0 || shown < limit)
        if cursor != nil { Console.complain("there are more; see them with --limit 0") }
    }

    private func address(_ size: Int, _ cursor: String?) -> String {
        if isOnePage { return RequestPath.build(path, query: query) }
        return RequestPath.build(
            path, query: query + [(name: "limit", value: String(size)), (name: "cursor", value: cursor)])
    }
}

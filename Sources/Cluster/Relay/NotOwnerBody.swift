import FoundationEssentials
package import Routing
import Vocabulary

/// The body of an answer 421: `{"error": {…}, "owner": "n2", "epoch": 7, "executed": false}`; `owner` and `epoch` are null
/// where the refusing node knows no more than that it is not the one.
package enum NotOwnerBody {
    /// More is no such answer.
    package static let maximumBytes = 4096

    package static func encode(_ refusal: NotOwner) -> [UInt8] {
        // Node names need no escaping.
        let owner = refusal.owner.map { "\"\($0)\"" } ?? "null"
        let epoch = refusal.epoch.map { "\($0.rawValue)" } ?? "null"
        let text = """
            {"error":{"code":"not_owner","message":"this node does not hold the tenant; nothing was executed"},\
            "owner":\(owner),"epoch":\(epoch),"executed":false}
            """
        return Array(text.utf8)
    }

    /// - Returns: nil for anything that does not say in so many words that nothing was executed.
    package static func decode(_ bytes: [UInt8]) -> NotOwner? {
        guard bytes.count <= maximumBytes, let shape = try? JSONDecoder().decode(Shape.self, from: Data(bytes)),
            shape.executed == false
        else { return nil }
        guard let name = shape.owner else { return NotOwner(owner: nil, epoch: nil) }
        guard let owner = NodeID(name), let epoch = shape.epoch else { return nil }
        return NotOwner(owner: owner, epoch: Epoch(epoch))
    }

    private struct Shape: Decodable {
        let owner: String?
        let epoch: UInt64?
        let executed: Bool
    }
}

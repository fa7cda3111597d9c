import Catalog
import Vocabulary

/// A move as the API shows it.
struct MoveObject: Encodable {
    let move: MoveRow
    /// The tenant's key; its id where it has none any more.
    let tenant: String

    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, tenant, from, to, state, bytes, lag, pauseMS, reason, createdAt, updatedAt
    }

    /// Absent values are null, not missing: clients see every member.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(move.id, forKey: .id)
        try container.encode(tenant, forKey: .tenant)
        try container.encode(move.source.name, forKey: .from)
        try container.encode(move.target.name, forKey: .to)
        try container.encode(move.state.rawValue, forKey: .state)
        try container.encode(move.bytes, forKey: .bytes)
        // Writes are parked before anything is copied: the copy is never behind.
        try container.encode(0, forKey: .lag)
        try container.encode(move.pause, forKey: .pauseMS)
        try container.encode(move.reason, forKey: .reason)
        try container.encode(TimeText.rfc3339(move.created), forKey: .createdAt)
        try container.encode(TimeText.rfc3339(move.updated), forKey: .updatedAt)
    }
}

import Catalog
import Vocabulary

/// A move as the API shows it.
struct MoveObject: Encodable {
    let move: MoveRow
    let tenant: Subject

    struct Subject {
        /// The tenant's key; its id where it has none any more.
        let name: String
        /// As its node last reported.
        let bytes: Int64?
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, tenant, from, to, state, bytes, bytesTotal, lag, predictedPauseMS, pauseMS, reason, createdAt,
            updatedAt
    }

    /// Absent values are null, not missing: clients see every member.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(move.id, forKey: .id)
        try container.encode(tenant.name, forKey: .tenant)
        try container.encode(move.source.name, forKey: .from)
        try container.encode(move.target.name, forKey: .to)
        try container.encode(move.state.rawValue, forKey: .state)
        try container.encode(move.bytes, forKey: .bytes)
        try container.encode(tenant.bytes, forKey: .bytesTotal)
        try container.encode(move.lag, forKey: .lag)
        try container.encode(move.predictedPause, forKey: .predictedPauseMS)
        try container.encode(move.pause, forKey: .pauseMS)
        try container.encode(move.reason, forKey: .reason)
        try container.encode(TimeText.rfc3339(move.created), forKey: .createdAt)
        try container.encode(TimeText.rfc3339(move.updated), forKey: .updatedAt)
    }
}

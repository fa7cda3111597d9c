import Contract
import Hrana

extension HranaEndpoint {
    /// By their ids, what the document says of it; none for what is no call of HTTP's.
    var operationIDs: [String] {
        switch self {
        case .probe: ["probeV1", "probeV2", "probeV3", "probeV3Protobuf"]
        case .pipeline(_, .protobuf): ["pipeline3Protobuf"]
        case .pipeline(let version, .json): version == .two ? ["pipeline2"] : ["pipeline3"]
        case .cursor(.json): ["cursor3"]
        case .cursor(.protobuf): ["cursor3Protobuf"]
        case .execute: ["execute1"]
        case .batch: ["batch1"]
        case .query: ["query"]
        case .snapshot: ["snapshot"]
        case .replica(.info): ["replicaInfo"]
        case .replica(.export): ["replicaExport"]
        case .replica(.pull): ["replicaPull"]
        case .replica(.push): ["replicaPush", "replicaPushOn"]
        case .stats: ["stats", "resetStats"]
        case .upload: ["replace"]
        case .socket, .preflight, .wrongMethod, .unknown: []
        }
    }
}

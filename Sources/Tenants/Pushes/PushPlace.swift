import Vocabulary

/// Where pushed frames stand in a tenant's history, from their numbers alone.
enum PushPlace: Equatable {
    /// So many of them the log has already, if they are the same; what comes then follows on its end.
    case follows(known: UInt32)
    /// They leave some out: the client is asked for all that it has, which shows what it stands on.
    case leavesOut
    /// They stand on what the history began anew after.
    case older
    /// There was never such a generation.
    case unknown
}

extension ReplicaHistory {
    /// - Precondition: the position is one of frames, at least one.
    func place(of position: ReplicaPosition) -> PushPlace {
        guard position.generation <= generation else { return .unknown }
        guard position.generation == generation else { return .older }
        guard position.from - 1 <= frameCount else { return .leavesOut }
        return .follows(known: min(position.to - 1, frameCount) - (position.from - 1))
    }

    /// A generation from which a replica is led through the passage, which makes it this tenant whatever it had: for one whose
    /// frames were taken, and are not in the log.
    var detour: UInt32 { generation - 2 }
}

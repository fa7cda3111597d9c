import Vocabulary

/// Where pushed frames stand in a tenant's history, from their numbers alone.
enum PushPlace: Equatable {
    /// So many of them the log has already, if they are the same; what comes then follows on its end.
    case follows(known: UInt32)
    /// The first is the frame that the generation goes on from, if it is the same; of the others the log has so many, if they are.
    case showsOrigin(known: UInt32)
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
        if let before = own(position.generation, position.from - 1) {
            guard before <= frameCount else { return .leavesOut }
            return .follows(known: min(position.to - position.from, frameCount - before))
        }
        guard let origin, origin.generation == position.generation, origin.frame == position.from else { return .older }
        return .showsOrigin(known: min(position.to - position.from - 1, frameCount))
    }

    /// The frame of this generation that a replica stands on, nil where it is on another state than this one ever was.
    func own(_ generation: UInt32, _ frame: UInt32) -> UInt32? {
        if generation == self.generation { return frame }
        guard let origin, generation == origin.generation, frame >= origin.frame else { return nil }
        return frame - origin.frame
    }

    /// A generation from which a replica is led through the passage, which makes it this tenant whatever it had: for one whose
    /// frames were taken, and are not in the log.
    var detour: UInt32 { generation - 2 }
}

extension Plan {
    /// How long carrying it out takes, if every row takes what is predicted for it and nothing else moves.
    package func forecast(_ policy: Policy) -> Duration {
        var progress = PlanProgress(self, policy: policy)
        var running: [(end: Duration, place: Int)] = []
        var now = Duration.zero
        while !progress.hasEnded {
            running += progress.next().map { (now + rows[$0].duration + rows[$0].pause, $0) }
            guard let first = running.indices.min(by: { running[$0] < running[$1] }) else { break }
            let ended = running.remove(at: first)
            now = ended.end
            progress.end(ended.place, .done)
        }
        return now
    }
}

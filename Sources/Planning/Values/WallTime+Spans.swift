import Vocabulary

extension WallTime {
    /// Later by a span; whole milliseconds.
    func later(by span: Duration) -> WallTime {
        WallTime(milliseconds: milliseconds + span.milliseconds)
    }
}

extension Duration {
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}

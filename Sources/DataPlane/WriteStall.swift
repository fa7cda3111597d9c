import NIOCore

/// Whether a client takes nothing of what is written for it. A slow one that takes some is left alone.
struct WriteStall {
    /// Bytes in the channel at the last look that found them waiting, and since when they have not become fewer.
    private var seen: (bytes: Int, since: NIODeadline)?

    /// - Parameters:
    ///   - limit: how long that may be.
    ///   - isEnding: nothing more is written, so that the least counts that is left.
    mutating func isTooLong(
        _ channel: any Channel, now: NIODeadline, _ limit: TimeAmount, isEnding: Bool = false
    ) -> Bool {
        guard isEnding || !channel.isWritable else {
            seen = nil
            return false
        }
        let bytes = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        guard let before = seen, before.bytes == bytes else {
            seen = (bytes, now)
            return false
        }
        return now - before.since >= limit
    }
}

import NIOCore

/// Whether a client takes nothing of what is written for it. A slow one that takes some is left alone.
struct WriteStall {
    /// Bytes in the channel at the last look that found it unwritable, and when they last became fewer.
    private var seen: (bytes: Int, since: NIODeadline)?

    /// - Parameter limit: how long that may be.
    mutating func isTooLong(_ channel: any Channel, now: NIODeadline, _ limit: TimeAmount) -> Bool {
        guard !channel.isWritable else {
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

/// Something that whoever runs the node should read of, for logs. Told on a service thread: must not block for long.
package enum EngineNotice: Equatable, Sendable {
    /// The device has no more room: whatever brings something new is refused.
    case diskFull
    /// There is room again.
    case diskHasRoom
}

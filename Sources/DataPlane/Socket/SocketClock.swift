import NIOCore

/// Which wait of a WebSocket has lasted too long. Looked at in every sweep; decides only.
struct SocketClock {
    enum Due: Equatable {
        case nothing
        /// The client has been silent: see whether it is there.
        case ping
        case close(SocketClose)
        case cut
    }

    private let limits: DoorLimits
    /// When bytes came last, and when we last asked for some.
    private var heard: NIODeadline
    private var pinged: NIODeadline?
    /// When a message came last, or was answered last.
    private var used: NIODeadline
    /// Since when a frame or a message has been incomplete.
    private var partSince: NIODeadline?
    /// When our side said that it ends.
    private var closing: NIODeadline?

    init(limits: DoorLimits, now: NIODeadline) {
        self.limits = limits
        heard = now
        used = now
    }

    mutating func heard(_ now: NIODeadline) {
        heard = now
        pinged = nil
    }

    mutating func used(_ now: NIODeadline) { used = now }
    mutating func closing(_ now: NIODeadline) { closing = closing ?? now }

    /// - Parameter isPartial: bytes of a message are there, and not all of them. False for each that has become whole, also
    ///   when the next has begun: none of several is late when they keep coming.
    mutating func partial(_ isPartial: Bool, _ now: NIODeadline) {
        partSince = isPartial ? partSince ?? now : nil
    }

    /// - Parameters:
    ///   - isRead: input is read at all: one that is held back cannot be heard.
    ///   - isBusy: requests are under way.
    mutating func due(_ now: NIODeadline, isRead: Bool, isBusy: Bool) -> Due {
        if let closing { return now - closing >= limits.linger ? .cut : .nothing }
        if isBusy { used = now }
        guard isRead else {
            heard = now
            partSince = partSince.map { _ in now }
            return .nothing
        }
        if let partSince, now - partSince >= limits.bodyTime { return .close(.tooSlow) }
        if now - used >= limits.socketIdle { return .close(.idle) }
        if let pinged { return now - pinged >= limits.socketPong ? .cut : .nothing }
        guard now - heard >= limits.socketPing else { return .nothing }
        pinged = now
        return .ping
    }
}

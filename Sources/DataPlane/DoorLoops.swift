import NIOCore

/// One ``DoorLoop`` for each event loop of the server.
struct DoorLoops: Sendable {
    private let loops: [ObjectIdentifier: DoorLoop]
    private let shared: DoorShared

    init(group: any EventLoopGroup, shared: DoorShared) {
        self.shared = shared
        var loops: [ObjectIdentifier: DoorLoop] = [:]
        for eventLoop in group.makeIterator() {
            loops[ObjectIdentifier(eventLoop)] = DoorLoop(eventLoop: eventLoop, shared: shared)
        }
        self.loops = loops
    }

    /// Sets a new connection up, or turns it away. On its event loop.
    func admit(_ channel: any Channel) throws {
        guard let loop = loops[ObjectIdentifier(channel.eventLoop)] else {
            throw ChannelError.inappropriateOperationForState
        }
        if shared.crowd.take(1) {
            do {
                try DoorHandler.install(in: channel, loop: loop)
                // From here on it is the handler that gives back.
            } catch {
                shared.crowd.giveBack(1)
                throw error
            }
        } else if shared.turnedAway.take(1) {
            try channel.pipeline.syncOperations.addHandler(CrowdedHandler(loop: loop))
        } else {
            channel.close(promise: nil)
        }
    }

    /// Returns when the last connection is closed.
    func quiesce() async {
        // All are told before any is waited for: one that is busy must not keep the others open.
        let drained = loops.values.map { loop in loop.eventLoop.flatSubmit { loop.quiesce() } }
        for each in drained { try? await each.get() }
    }

    /// Connections with a request that is being received or answered.
    func requestsUnderWay() async -> Int {
        var count = 0
        for loop in loops.values {
            count += (try? await loop.eventLoop.submit { loop.busyConnections }.get()) ?? 0
        }
        return count
    }

    func cutAllSoon() {
        for loop in loops.values { loop.eventLoop.execute { loop.cutAll() } }
    }

    /// Returns when the last connection is closed.
    func cutAll() async {
        cutAllSoon()
        await quiesce()
    }

    func metrics() -> DoorMetrics {
        var total = DoorMetrics()
        for loop in loops.values { loop.counters.add(to: &total) }
        return total
    }
}

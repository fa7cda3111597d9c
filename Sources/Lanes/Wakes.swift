import Glibc

/// Somebody who sleeps and has been given something to do.
package protocol Wakeable: AnyObject, Sendable {
    /// Any thread; must not block.
    func wake()
}

/// Puts wake-ups off until a few things are handed over together: each costs a system call, and on a busy machine the one
/// who is woken by the first thing takes the processor before there is a second.
///
/// For one thread at a time; other threads know nothing of it.
package enum Wakes {
    /// Things handed over together at most: the first of them waits for no more than that.
    package static let most = 16

    /// Runs the body, then wakes everybody once who was to be woken in it.
    package static func together(_ body: () -> Void) {
        let waiting = WakeList.current
        guard !waiting.isOpen else { return body() }
        waiting.isOpen = true
        body()
        waiting.isOpen = false
        waiting.wakeAll()
    }

    /// The same for each of many things, a few at a time.
    package static func together<Thing>(_ things: [Thing], _ body: (Thing) -> Void) {
        var next = 0
        while next < things.count {
            let end = min(next + most, things.count)
            together { for index in next..<end { body(things[index]) } }
            next = end
        }
    }

    /// - Returns: false outside `together`; then the caller must wake it itself.
    package static func later(_ sleeper: any Wakeable) -> Bool {
        guard let waiting = WakeList.known, waiting.isOpen else { return false }
        waiting.add(sleeper)
        return true
    }
}

/// Whom a thread is to wake. Confined to that thread.
private final class WakeList {
    var isOpen = false
    private var sleepers: [any Wakeable] = []

    /// A handful: lanes or event loops.
    func add(_ sleeper: any Wakeable) {
        if !sleepers.contains(where: { $0 === sleeper }) { sleepers.append(sleeper) }
    }

    func wakeAll() {
        for sleeper in sleepers { sleeper.wake() }
        sleepers.removeAll(keepingCapacity: true)
    }

    static var known: WakeList? {
        pthread_getspecific(slot).map { Unmanaged<WakeList>.fromOpaque($0).takeUnretainedValue() }
    }

    static var current: WakeList {
        if let known { return known }
        let fresh = WakeList()
        pthread_setspecific(slot, Unmanaged.passRetained(fresh).toOpaque())
        return fresh
    }

    private static let slot: pthread_key_t = makeSlot()
}

/// Not in a class: a C callback is formed where nothing is isolated.
private func makeSlot() -> pthread_key_t {
    var key = pthread_key_t()
    let code = pthread_key_create(&key) { pointer in
        if let pointer { Unmanaged<WakeList>.fromOpaque(pointer).release() }
    }
    precondition(code == 0, "no thread-local slot is left (\(code))")
    return key
}

// Four threads count under a lock, or, called with "unlocked", beside it. deploy/sanitize runs both: the thread sanitizer
// must be silent about the first and must report the second, or its word on the rest is worth nothing.
import Glibc
import Synchronization

final class Shelf: Sendable {
    let lock = Mutex(0)
    let isLocked: Bool
    nonisolated(unsafe) var count = 0

    init(isLocked: Bool) { self.isLocked = isLocked }

    func add() {
        lock.withLock {
            $0 += 1
            if isLocked { count += 1 }
        }
        if !isLocked { count += 1 }
    }
}

private func run(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    let shelf = Unmanaged<Shelf>.fromOpaque(argument!).takeUnretainedValue()
    for _ in 0..<50_000 { shelf.add() }
    return nil
}

private func count(on shelf: Shelf) {
    let threads = (0..<4).map { _ in
        var thread = pthread_t()
        pthread_create(&thread, nil, run, Unmanaged.passUnretained(shelf).toOpaque())
        return thread
    }
    for thread in threads { pthread_join(thread, nil) }
}

count(on: Shelf(isLocked: CommandLine.arguments.dropFirst().first != "unlocked"))

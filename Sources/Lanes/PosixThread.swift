import CLinux
import Glibc

/// One started pthread. Joined exactly once by its owner.
struct PosixThread: Sendable {
    /// Room for SQLite's recursion over deep expressions, views and triggers. Address space only: pages that are never
    /// touched cost nothing.
    static let stackBytes = 4 << 20

    private let handle: pthread_t

    /// Starts a thread with every asynchronous signal blocked, so that SIGTERM and SIGINT always reach the main thread.
    ///
    /// - Throws: `LaneError.noThread`; the body is then not run.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(LaneError) -> PosixThread {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, stackBytes)
        var handle = pthread_t()
        let code = withSignalsBlocked { pthread_create(&handle, &attributes, entry, start.toOpaque()) }
        guard code == 0 else {
            start.release()
            throw .noThread(name: name, errno: code)
        }
        return PosixThread(handle: handle)
    }

    /// Blocks until the thread has ended.
    func join() { pthread_join(handle, nil) }

    var isCurrent: Bool { pthread_equal(handle, pthread_self()) != 0 }

    /// Names the calling thread as `top` and debuggers show it; the kernel keeps 15 bytes.
    static func nameCurrent(_ name: String) {
        _ = rh_name_this_thread(String(decoding: name.utf8.prefix(15), as: UTF8.self))
    }

    /// A new thread inherits its maker's mask, so it is blocked here rather than in the thread: no moment is left open.
    private static func withSignalsBlocked(_ body: () -> Int32) -> Int32 {
        var blocked = sigset_t()
        var before = sigset_t()
        sigfillset(&blocked)
        // A thread's own faults stay deliverable: a crash must still end in the handler that prints the backtrace.
        for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS] { sigdelset(&blocked, fault) }
        pthread_sigmask(SIG_SETMASK, &blocked, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        return body()
    }

    fileprivate final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }
}

/// A file-level function: one formed in isolated code would trap when C calls it on another thread.
private func entry(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    run(argument!)
    return nil
}

/// Apart from `entry`, so that everything the thread held is released before it ends.
private func run(_ argument: UnsafeMutableRawPointer) {
    let start = Unmanaged<PosixThread.Start>.fromOpaque(argument).takeRetainedValue()
    PosixThread.nameCurrent(start.name)
    start.body()
}

import Glibc

/// Threads of the house block all signals, and a program inherits that from the thread that starts it: one that is to end by
/// a signal, or that measures its time by SIGALRM as `pgbench` does, must be started with none blocked.
func withSignalsUnblocked<Result>(_ body: () throws -> Result) rethrows -> Result {
    var none = sigset_t()
    var before = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return try body()
}

import Hrana

/// Why a statement ended before its end, as the program around it sees it.
enum StatementStop: Error {
    /// The statement failed; the program goes on as its rules say.
    case failed(HranaError)
    /// Nothing happened: another caller's transaction is writing. The same statement is to run again later.
    case waitForWriter
    /// The caller may not write at all: the whole program ends. (A write within its own read-only transaction merely
    /// fails.)
    case forbidden
    /// The program cannot be done under its idempotency key: it ends with this, and nothing of it lasts.
    case refused(TransportError)
}

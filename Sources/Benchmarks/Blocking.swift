import Lanes

/// Blocking work for an asynchronous caller: on a thread of its own, never on Swift's shared pool.
enum Blocking {
    static func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws(BenchmarkError) -> Result
    ) async throws(BenchmarkError) -> Result {
        let result: Swift.Result<Result, BenchmarkError> = await withCheckedContinuation { continuation in
            do throws(LaneError) {
                _ = try BackgroundThread(name: "bench") {
                    continuation.resume(returning: Swift.Result { () throws(BenchmarkError) in try body() })
                }
            } catch {
                continuation.resume(returning: .failure(.threads(error.description)))
            }
        }
        return try result.get()
    }
}

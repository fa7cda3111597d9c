/// A thread's open files, at most so many; the one that was not used for longest is closed for the next.
struct PeerHandles {
    private let bound: Int
    private var open: [Int: (connection: PeerConnection, use: UInt64)] = [:]
    private var clock: UInt64 = 0

    init(bound: Int) { self.bound = max(1, bound) }

    mutating func find(
        _ file: Int, open make: (Int) throws(BenchmarkError) -> PeerConnection
    ) throws(BenchmarkError) -> PeerConnection {
        clock += 1
        if let known = open[file]?.connection {
            open[file]!.use = clock
            return known
        }
        if open.count >= bound, let oldest = open.min(by: { $0.value.use < $1.value.use }) {
            open[oldest.key] = nil
        }
        let connection = try make(file)
        open[file] = (connection, clock)
        return connection
    }
}

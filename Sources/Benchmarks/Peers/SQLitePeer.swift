import Lanes
import Seams

/// SQLite as it comes, on files of its own: threads that each serve their part of the files, one statement after another.
///
/// The files are dealt out to the threads, so that no two ever wait for each other's locks: its best case.
package final class SQLitePeer: Contender {
    package enum Synchronous: String, Sendable {
        /// Durable at each commit.
        case full = "FULL"
        /// Never durable: the limit of what can be reached.
        case off = "OFF"
    }

    package let name: String
    private let files: PeerFiles
    private let workload: Workload
    private let synchronous: Synchronous
    private let threads: Int
    private let handles: Int
    private let meter: UsageMeter

    /// - Parameters:
    ///   - threads: at most one a file is used.
    ///   - handles: databases kept open, over all threads.
    package init(_ files: PeerFiles, _ workload: Workload, _ synchronous: Synchronous, threads: Int, handles: Int) {
        let used = max(1, min(threads, files.count))
        let thread = used == 1 ? "1 thread" : "\(used) threads"
        name = workload == .reads ? "SQLite, \(thread)" : "SQLite \(synchronous.rawValue), \(thread)"
        self.files = files
        self.workload = workload
        self.synchronous = synchronous
        self.threads = used
        self.handles = handles
        meter = UsageMeter(directory: files.directory)
    }

    package func run(nanoseconds: UInt64, until stop: StopFlag) throws(BenchmarkError) -> Measurement {
        let crew = PeerCrew(threads)
        var running: [BackgroundThread] = []
        for index in 0..<threads {
            let share = PeerShare(
                files: files, workload: workload, synchronous: synchronous, index: index, threads: threads,
                handles: handles / threads)
            do throws(LaneError) {
                running.append(try BackgroundThread(name: "peer-\(index)") { crew.work(share, until: stop) })
            } catch {
                crew.dismiss()
                for thread in running { thread.join() }
                throw .threads(error.description)
            }
        }
        crew.awaitReady()
        let before = meter.read()
        let time = SystemTime()
        let start = time.monotonic()
        crew.begin(until: start.advanced(byNanoseconds: nanoseconds))
        crew.awaitDone()
        let elapsed = time.monotonic().nanoseconds(since: start)
        let usage = meter.read().since(before)
        crew.dismiss()
        for thread in running { thread.join() }
        var result = try crew.sum()
        result.nanoseconds = elapsed
        result.usage = usage
        return result
    }
}

/// What one thread has to do.
struct PeerShare: Sendable {
    let files: PeerFiles
    let workload: Workload
    let synchronous: SQLitePeer.Synchronous
    let index: Int
    let threads: Int
    let handles: Int

    /// Files that are this thread's: `index`, `index + threads`, …
    var count: Int { (files.count - index + threads - 1) / threads }
    func file(_ number: Int) -> Int { index + number * threads }
}

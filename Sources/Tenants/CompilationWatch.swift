import Lanes
import Seams

/// Watches a statement being compiled: SQLite cannot be interrupted there, but it asks the authorizer again and again.
///
/// Short texts can take long, by way of views and triggers. Like a slow statement, a slow compilation gives its lane away.
struct CompilationWatch {
    private static let questionsBetweenLooks = 64
    private static let slowAfter: UInt64 = 5_000_000
    private static let longest: UInt64 = 5_000_000_000

    private let time: any TimeSource
    private var questions = 0
    private var started: Instant?
    private var hasSteppedAside = false

    init(time: any TimeSource) { self.time = time }

    mutating func begin() {
        questions = 0
        started = nil
        hasSteppedAside = false
    }

    mutating func takesTooLong() -> Bool {
        questions += 1
        guard questions % Self.questionsBetweenLooks == 0 else { return false }
        let now = time.monotonic()
        guard let started else {
            started = now
            return false
        }
        let taken = now.nanoseconds(since: started)
        if taken >= Self.slowAfter, !hasSteppedAside {
            hasSteppedAside = true
            _ = Lane.stepAside()
        }
        return taken >= Self.longest
    }
}

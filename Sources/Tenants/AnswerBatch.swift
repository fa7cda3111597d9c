import Lanes

/// Answers that became ready on one thread of a lane since its last pause: they leave together, which spares the event
/// loops a wake-up each.
final class AnswerBatch {
    private var works: [any TenantWork] = []

    /// On a lane's thread.
    static func add(_ work: any TenantWork) {
        if let known = Lane.threadValue as? AnswerBatch { return known.works.append(work) }
        let fresh = AnswerBatch()
        fresh.works.append(work)
        Lane.threadValue = fresh
    }

    /// The lane's pause hook.
    static func flush() {
        guard let batch = Lane.threadValue as? AnswerBatch, !batch.works.isEmpty else { return }
        let works = batch.works
        batch.works.removeAll(keepingCapacity: true)
        Wakes.together(works) { $0.release() }
    }
}

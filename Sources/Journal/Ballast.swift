import Seams

/// A file that is only there to be given up: when the disk is full, its room lets deletes, checkpoints and shrinking go on,
/// and a start get through.
enum Ballast {
    static func path(in directory: String) -> String { directory + "/ballast" }

    /// - Returns: Whether there was one.
    @discardableResult
    static func giveUp(_ store: SegmentStore) -> Bool {
        // Not being able to remove it changes nothing for the caller: there is no more room than before.
        (try? store.files.remove(path(in: store.directory))) != nil
    }

    /// Runs a step of starting; if the disk is full, gives the ballast up and runs it once more.
    static func retrying<R>(_ store: SegmentStore, _ step: () throws(JournalError) -> R) throws(JournalError) -> R {
        do throws(JournalError) {
            return try step()
        } catch {
            guard case .disk(.full) = error, giveUp(store) else { throw error }
        }
        return try step()
    }
}

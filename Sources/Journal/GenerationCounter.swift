import Seams
import Synchronization
package import Vocabulary

/// Hands out generations from a block that the manifest has already given up, so that none is used twice (rule J8).
struct GenerationCounter {
    private(set) var next: Generation
    /// Generations from here on need another block.
    private var ceiling: Generation

    init(next: Generation) {
        self.next = next
        ceiling = next
    }

    mutating func take() -> Generation? {
        guard next < ceiling else { return nil }
        defer { next = next.next }
        return next
    }

    mutating func raise(to ceiling: Generation) { self.ceiling = max(self.ceiling, ceiling) }
}

extension Journal {
    /// All generations of this node so far are below it.
    package var firstUnusedGeneration: Generation { generations.withLock { $0.next } }

    /// A generation never used before on this node. Writes the manifest (two syncs) once in `generationBlock` calls.
    ///
    /// - Throws: `.disk` if the manifest cannot be written; no generation was given then.
    package func nextGeneration() throws(JournalError) -> Generation {
        if let generation = generations.withLock({ $0.take() }) { return generation }
        return try generationTurn.take { () throws(JournalError) in
            // Somebody else may have raised it while this thread waited for its turn.
            if let generation = generations.withLock({ $0.take() }) { return generation }
            let ceiling = Generation(generations.withLock { $0.next.rawValue } + options.generationBlock)
            try onDisk { () throws(FileError) in
                try manifests.update { $0.generationCeiling = max($0.generationCeiling, ceiling) }
            }
            return generations.withLock { counter in
                counter.raise(to: ceiling)
                return counter.take()!
            }
        }
    }
}

/// Finds what somebody most likely meant.
enum Suggestion {
    /// The candidate that is fewest edits away, if that is at most a third of the word (and at least one edit);
    /// the first of equals.
    static func nearest(to word: String, in candidates: [String]) -> String? {
        let allowed = max(1, word.count / 3)
        let scored = candidates.map { (name: $0, edits: edits(from: word, to: $0)) }
        return scored.filter { $0.edits <= allowed }.min { $0.edits < $1.edits }?.name
    }

    /// Insertions, deletions and replacements of single characters, and swaps of neighbours.
    static func edits(from source: String, to target: String) -> Int {
        let a = Array(source)
        let b = Array(target)
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var table = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in 0...a.count { table[i][0] = i }
        for j in 0...b.count { table[0][j] = j }
        for i in 1...a.count {
            for j in 1...b.count {
                let replaced = table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1, replaced)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
                }
            }
        }
        return table[a.count][b.count]
    }
}

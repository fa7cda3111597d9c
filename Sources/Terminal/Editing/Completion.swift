/// What a word could be meant to be.
package struct Completion: Sendable, Equatable {
    /// Characters before the cursor that are the beginning of the word.
    package let typed: Int
    /// In the order in which they are shown.
    package let candidates: [String]

    package init(typed: Int, candidates: [String]) {
        self.typed = typed
        self.candidates = candidates
    }

    /// What all candidates begin with, in capitals or not.
    var common: String {
        guard var common = candidates.first else { return "" }
        for candidate in candidates.dropFirst() {
            let length = zip(common, candidate).prefix { $0.lowercased() == $1.lowercased() }.count
            common = String(common.prefix(length))
        }
        return common
    }
}

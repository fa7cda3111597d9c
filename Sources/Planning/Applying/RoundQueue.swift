/// A source's rows by their rounds, one round at a time.
struct RoundQueue: Sendable {
    private var rounds: [[Int]] = []

    /// Rows of the present round that have not ended.
    var current: [Int] { rounds.first { !$0.isEmpty } ?? [] }

    mutating func add(_ place: Int, round: Int) {
        while rounds.count <= round { rounds.append([]) }
        rounds[round].append(place)
    }

    /// A row that is in no round is the second of an exchange. One of a later round ended before somebody went on with the plan.
    mutating func close(_ place: Int) {
        guard let round = rounds.firstIndex(where: { $0.contains(place) }) else { return }
        rounds[round].removeAll { $0 == place }
        rounds.removeSubrange(..<(rounds.firstIndex { !$0.isEmpty } ?? rounds.endIndex))
    }
}

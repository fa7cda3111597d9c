/// Which statements one connection knows by name; bounded, those that were not used for longest go.
struct PreparedStatements {
    enum Answer: Equatable {
        case known(String)
        /// To be prepared under this name, after another has been given up.
        case new(String, dropping: String?)
    }

    static let bound = 200

    /// Of another session of ours, which a pooler may lend out, no name is one of these.
    private let prefix: String
    private var names: [String: (name: String, used: UInt64)] = [:]
    private var count: UInt64 = 0

    init(of session: String) { prefix = "rh\(session)_" }

    /// - Parameter key: the SQL with its arguments' types.
    mutating func use(_ key: String) -> Answer {
        count += 1
        if let known = names[key] {
            names[key]?.used = count
            return .known(known.name)
        }
        let dropped = names.count < Self.bound ? nil : oldest()
        let name = prefix + String(count)
        return .new(name, dropping: dropped)
    }

    mutating func prepared(_ key: String, _ name: String) { names[key] = (name, count) }

    private mutating func oldest() -> String? {
        guard let oldest = names.min(by: { $0.value.used < $1.value.used }) else { return nil }
        names[oldest.key] = nil
        return oldest.value.name
    }
}

import Simulator
import Synchronization
import Vocabulary

/// What one reader saw of a tenant, in one statement.
struct CrowdSight: Equatable, Sendable {
    struct Account: Equatable, Sendable {
        /// The next account of the ring.
        var next: Int64
        var balance: Int64
    }

    static let accounts: Int64 = 12
    static let balance: Int64 = 100
    static let beginning = Dictionary(
        uniqueKeysWithValues: (0..<accounts).map { ($0, Account(next: ($0 + 1) % accounts, balance: balance)) })

    var accounts: [Int64: Account]
    /// Grows by one with every commit.
    var version: Int64
    /// The newest writings, by the number that only their writer was given.
    var numbers: [Int64]

    /// What no snapshot may show: the accounts form one ring, and what is in all of them together stays the same.
    var wrong: String? {
        var place: Int64 = 0
        for step in 1...Self.accounts {
            place = accounts[place]?.next ?? -1
            if place == 0, step != Self.accounts { return "the ring came home after \(step) steps" }
        }
        if place != 0 { return "the ring is broken" }
        let total = accounts.values.reduce(0) { $0 + $1.balance }
        return total == Self.accounts * Self.balance ? nil : "\(total) in all accounts"
    }
}

/// Who may see what: every writing has a number, hidden from others until its commit begins, there for everybody who comes
/// after its acknowledgement; and every commit of a tenant makes a version of its own.
final class CrowdLedger: Sendable {
    private struct State {
        var last: Int64 = 0
        /// Begun, not yet being committed; those that were rolled back stay.
        var hidden: Set<Int64> = []
        var acknowledged: [TenantID: [Int64: Int64]] = [:]
        /// The newest version that anybody was told of.
        var floors: [TenantID: Int64] = [:]
        var violations: [String] = []
    }

    private let state = Mutex(State())

    var violations: [String] { state.withLock { $0.violations } }

    func violate(_ what: String) { state.withLock { Self.violate(what, &$0) } }

    private static func violate(_ what: String, _ state: inout State) {
        if state.violations.count < 20 { state.violations.append(what) }
    }

    // MARK: Writers

    /// A number for one writing.
    func begin() -> Int64 {
        state.withLock { state in
            state.last += 1
            state.hidden.insert(state.last)
            return state.last
        }
    }

    /// Its commit begins. Called on the tenant's thread, before.
    func mayBeSeen(_ number: Int64) { state.withLock { _ = $0.hidden.remove(number) } }

    /// Its writer was told that it is there for good.
    func acknowledge(_ number: Int64, version: Int64, in tenant: TenantID) {
        state.withLock { state in
            if let other = state.acknowledged[tenant]?.updateValue(number, forKey: version) {
                Self.violate("tenant \(tenant): \(other) and \(number) both made version \(version)", &state)
            } else {
                state.acknowledged[tenant, default: [:]][version] = number
            }
            state.floors[tenant] = max(state.floors[tenant] ?? 0, version)
        }
    }

    // MARK: Readers

    /// Nobody who asks from now on may see less.
    func floor(of tenant: TenantID) -> Int64 { state.withLock { $0.floors[tenant] ?? 0 } }

    /// - Parameters:
    ///   - floor: as of before the reader asked.
    ///   - own: a number that the reader itself has written and not committed.
    func saw(_ sight: CrowdSight, in tenant: TenantID, since floor: Int64, own: Int64? = nil) {
        state.withLock { state in
            if own == nil, let wrong = sight.wrong { Self.violate("tenant \(tenant): \(wrong)", &state) }
            if sight.version < floor {
                Self.violate("tenant \(tenant): version \(sight.version) after \(floor)", &state)
            }
            for number in sight.numbers where number != own && state.hidden.contains(number) {
                Self.violate("tenant \(tenant): \(number) is another's and not committed", &state)
            }
            if let own, !sight.numbers.contains(own) {
                Self.violate("tenant \(tenant): \(own) does not see its own row", &state)
            }
        }
    }

    /// The reader was answered: the same holds for what it saw.
    func told(of sight: CrowdSight, in tenant: TenantID) {
        state.withLock { $0.floors[tenant] = max($0.floors[tenant] ?? 0, sight.version) }
    }

    /// All that is in a tenant after a restart.
    func verify(_ numbers: Set<Int64>, version: Int64, in tenant: TenantID) {
        state.withLock { state in
            let said = Set((state.acknowledged[tenant] ?? [:]).values)
            let missing = said.subtracting(numbers).count
            if missing > 0 { Self.violate("tenant \(tenant): \(missing) writings are missing", &state) }
            let hidden = numbers.intersection(state.hidden).count
            if hidden > 0 { Self.violate("tenant \(tenant): \(hidden) writings were never committed", &state) }
            if Int64(numbers.count) != version {
                Self.violate("tenant \(tenant): \(numbers.count) writings in \(version) versions", &state)
            }
        }
    }
}

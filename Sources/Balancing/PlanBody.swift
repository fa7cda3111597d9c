package import Catalog
import FoundationEssentials
package import Planning
package import Vocabulary

/// A plan as it is stored: its rows for whoever carries it out, and its words for whoever reads it.
package struct PlanBody: Codable, Equatable, Sendable {
    package struct Row: Codable, Equatable, Sendable {
        package var row: PlanRow
        /// The tenant's key when the plan was made.
        package var key: String
        /// Its reason in words.
        package var why: String
    }

    package var seed: UInt64
    package var before: Double
    package var after: Double
    package var rows: [Row]
    /// In words.
    package var refusals: [String]
    package var moreRefusals: Int
    /// How long carrying it out takes, in milliseconds, if all goes as predicted.
    package var forecast: Int64

    package init(_ plan: Plan, keys: [TenantID: TenantKey], _ policy: Policy) {
        seed = plan.seed
        before = plan.before
        after = plan.after
        rows = plan.rows.map { row in
            Row(row: row, key: Self.name(row.tenant, keys), why: Self.text(row.reason, keys))
        }
        refusals = plan.refusals.map { Self.text($0, keys) }
        moreRefusals = plan.moreRefusals
        forecast = Int64(plan.forecast(policy) / .milliseconds(1))
    }

    private static func name(_ tenant: TenantID, _ keys: [TenantID: TenantKey]) -> String {
        keys[tenant]?.string ?? tenant.description
    }

    /// With tenants' keys for their ids.
    private static func text(_ reason: Reason, _ keys: [TenantID: TenantKey]) -> String {
        switch reason {
        case .makesRoom(let tenant): "request: its node is for \(name(tenant, keys)) alone"
        case .exchange(let relief, let partner): "balance: \(relief), in exchange for \(name(partner, keys))"
        case .failover, .violation, .disk, .drain, .pinned, .alone, .balance: "\(reason)"
        }
    }

    /// With the tenant's key for its id.
    private static func text(_ refusal: Refusal, _ keys: [TenantID: TenantKey]) -> String {
        guard case .tenant(let tenant, let node) = refusal.subject, let key = keys[tenant] else {
            return refusal.description
        }
        return "\(refusal.purpose): \(key.string) stays on \(node): \(refusal.why)"
    }
}

extension PlanBody {
    package init(_ bytes: [UInt8]) throws(BalancingError) {
        do {
            self = try JSONDecoder().decode(PlanBody.self, from: Data(bytes))
        } catch {
            throw .damagedPlan("\(error)")
        }
    }

    package var encoded: [UInt8] {
        get throws(BalancingError) {
            do { return Array(try JSONEncoder().encode(self)) } catch { throw .damagedPlan("\(error)") }
        }
    }

    /// As the planner made it, without the refusals.
    package func plan(made: WallTime, expires: WallTime) -> Plan {
        Plan(
            seed: seed, made: made, expires: expires, rows: rows.map(\.row), refusals: [], moreRefusals: 0,
            before: before, after: after)
    }
}

/// Why planning or carrying out did not go on.
package enum BalancingError: Error, Equatable, Sendable {
    case catalog(CatalogError)
    case damagedPlan(String)
}

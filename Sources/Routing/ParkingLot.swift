package import Seams
package import Vocabulary

/// Requests that wait for a tenant's cutover to end. Pure, bounded in number, bytes and time; in order per tenant.
package struct ParkingLot: Sendable {
    package struct Bounds: Equatable, Sendable {
        package var requestsPerTenant = 256
        package var bytesPerTenant = 8 << 20
        package var bytes = 64 << 20
        package var requests = 16_384
        /// Nanoseconds that a request waits at most.
        package var wait: UInt64 = 10_000_000_000

        package init() {}
    }

    package enum Answer: Equatable, Sendable {
        /// It waits; it comes back from `release`, `expire` or `leave`.
        case parked
        /// No room: busy, to be tried again later. Nothing of it was executed.
        case full
    }

    /// A parked request, named by its owner's number.
    package struct Ticket: Equatable, Sendable {
        package var tenant: TenantID
        package var number: UInt64
    }

    private struct Car {
        var tenant: TenantID
        var bytes: Int
        var deadline: Instant
    }

    private struct Row {
        var numbers: [UInt64] = []
        var bytes = 0
    }

    private let bounds: Bounds
    private var cars: [UInt64: Car] = [:]
    private var rows: [TenantID: Row] = [:]
    /// Numbers by deadline, which is the order of arrival since all wait equally long; some may have left already.
    private var line: [UInt64] = []
    private var lineStart = 0
    private(set) package var bytes = 0

    package init(_ bounds: Bounds = Bounds()) { self.bounds = bounds }

    package var count: Int { cars.count }

    /// - Parameter number: names the request; never used twice.
    /// - Parameter bytes: what it holds in memory.
    package mutating func park(_ number: UInt64, of tenant: TenantID, bytes size: Int, at now: Instant) -> Answer {
        let row = rows[tenant] ?? Row()
        guard row.numbers.count < bounds.requestsPerTenant, size <= bounds.bytesPerTenant - row.bytes,
            cars.count < bounds.requests, size <= bounds.bytes - bytes
        else { return .full }
        cars[number] = Car(tenant: tenant, bytes: size, deadline: now.advanced(byNanoseconds: bounds.wait))
        rows[tenant, default: Row()].numbers.append(number)
        rows[tenant]!.bytes += size
        bytes += size
        line.append(number)
        return .parked
    }

    /// The cutover is over, one way or the other: everything of the tenant comes back in order.
    package mutating func release(_ tenant: TenantID) -> [UInt64] {
        guard let row = rows.removeValue(forKey: tenant) else { return [] }
        for number in row.numbers { cars[number] = nil }
        bytes -= row.bytes
        tidyLine()
        return row.numbers
    }

    /// The client went away.
    ///
    /// - Returns: false if it was not parked (any more).
    package mutating func leave(_ number: UInt64) -> Bool {
        guard let car = cars.removeValue(forKey: number) else { return false }
        bytes -= car.bytes
        rows[car.tenant]!.bytes -= car.bytes
        rows[car.tenant]!.numbers.removeAll { $0 == number }
        if rows[car.tenant]!.numbers.isEmpty { rows[car.tenant] = nil }
        tidyLine()
        return true
    }

    /// Those that have waited long enough, oldest first.
    package mutating func expire(at now: Instant) -> [Ticket] {
        var expired: [Ticket] = []
        while let number = firstInLine, let car = cars[number], car.deadline <= now {
            expired.append(Ticket(tenant: car.tenant, number: number))
            _ = leave(number)
        }
        return expired
    }

    /// When `expire` has something to do; nil while nothing is parked.
    package var nextDeadline: Instant? {
        firstInLine.flatMap { cars[$0]?.deadline }
    }

    private var firstInLine: UInt64? {
        lineStart < line.count ? line[lineStart] : nil
    }

    /// Brings the front of the line to a request that is still there; the array stays at most twice as long as needed.
    private mutating func tidyLine() {
        while lineStart < line.count, cars[line[lineStart]] == nil { lineStart += 1 }
        guard line.count > 64, line.count > 2 * cars.count else { return }
        line = line[lineStart...].filter { cars[$0] != nil }
        lineStart = 0
    }
}

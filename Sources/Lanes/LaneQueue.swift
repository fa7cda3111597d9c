/// What waits for a lane, and every decision on who may join: pure, guarded by the lane's gate.
///
/// Ordinary units are bounded by `bound`; urgent ones by `urgentReserve` on top of it, and they go first; Swift's executor
/// jobs cannot be refused and so are counted apart (there are as many as there are tasks on the lane).
struct LaneQueue {
    /// Urgent units that may wait at once, beyond the bound.
    static let urgentReserve = 16

    enum Item {
        case unit(any LaneUnit)
        case job(UnownedJob)
    }

    let bound: Int
    private(set) var isClosed = false
    private(set) var jobCount = 0
    /// Units handed to the thread since the beginning.
    private(set) var unitsTaken: UInt64 = 0
    private var ordinary: Ring<Item>
    private var urgent = Ring<Item>(capacity: urgentReserve)

    init(bound: Int) {
        precondition(bound > 0, "a lane's queue holds at least one unit")
        self.bound = bound
        ordinary = Ring(capacity: min(bound, 1024))
    }

    var isEmpty: Bool { ordinary.isEmpty && urgent.isEmpty }
    /// Units waiting, urgent ones included.
    var unitCount: Int { ordinary.count - jobCount + urgent.count }

    /// - Returns: how many of the units, from the first, were taken.
    mutating func join(_ units: [any LaneUnit]) -> Int {
        guard !isClosed else { return 0 }
        let taken = min(units.count, bound - (ordinary.count - jobCount))
        for index in 0..<taken { ordinary.append(.unit(units[index])) }
        return taken
    }

    mutating func join(_ unit: any LaneUnit) -> Bool {
        guard !isClosed, ordinary.count - jobCount < bound else { return false }
        ordinary.append(.unit(unit))
        return true
    }

    mutating func joinUrgently(_ unit: any LaneUnit) -> Bool {
        guard !isClosed, urgent.count < Self.urgentReserve else { return false }
        urgent.append(.unit(unit))
        return true
    }

    mutating func join(_ job: UnownedJob) {
        ordinary.append(.job(job))
        jobCount += 1
    }

    /// Refuses units from now on; what waits is still handed out.
    mutating func close() { isClosed = true }

    /// Moves up to `limit` items into `batch`, urgent ones first.
    mutating func take(_ limit: Int, into batch: inout Ring<Item>) {
        for _ in 0..<limit {
            guard let item = urgent.popFirst() ?? ordinary.popFirst() else { return }
            switch item {
            case .unit: unitsTaken &+= 1
            case .job: jobCount -= 1
            }
            batch.append(item)
        }
    }
}

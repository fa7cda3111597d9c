package import Vocabulary

/// A plan as the catalog keeps it: what is to move, as it was decided, and how far carrying it out is. What is in `body` is its
/// maker's matter.
package struct StoredPlan: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        /// Nobody has asked for it to be carried out.
        case planned
        /// The controller is at it, or comes to it when those before have ended.
        case applying
        /// Every row has come to something.
        case ended
    }

    package var id: String
    package var state: State
    package var made: WallTime
    package var expires: WallTime
    package var changed: WallTime
    package var moves: Int
    package var body: [UInt8]

    package init(id: String, state: State, made: WallTime, expires: WallTime, moves: Int, body: [UInt8]) {
        self.id = id
        self.state = state
        self.made = made
        self.expires = expires
        changed = made
        self.moves = moves
        self.body = body
    }
}

extension StoredPlan {
    static let select = "SELECT id, state, made, expires, changed, moves, body FROM plans"
    static let outline = "SELECT id, state, made, expires, changed, moves FROM plans"

    init(_ row: [CatalogValue]) throws(CatalogError) {
        var reader = RowReader("plans", row)
        try self.init(&reader)
        body = try reader.blob()
    }

    init(outline row: [CatalogValue]) throws(CatalogError) {
        var reader = RowReader("plans", row)
        try self.init(&reader)
    }

    private init(_ reader: inout RowReader) throws(CatalogError) {
        id = try reader.text()
        state = try reader.word(State.self)
        made = try reader.time()
        expires = try reader.time()
        changed = try reader.time()
        moves = Int(try reader.integer())
        body = []
    }
}

/// What came of a plan's row, by the row's place. A row that is waiting has none.
package struct PlanOutcome: Equatable, Sendable {
    package enum State: String, CaseIterable, Sendable {
        case running
        case done
        case failed
        case skipped
    }

    package var place: Int
    package var state: State
    package var move: String?
    /// Why it failed or was skipped.
    package var reason: String?
    package var purpose: String
    package var bytes: Int64

    package init(
        place: Int, state: State, move: String? = nil, reason: String? = nil, purpose: String, bytes: Int64
    ) {
        self.place = place
        self.state = state
        self.move = move
        self.reason = reason
        self.purpose = purpose
        self.bytes = bytes
    }
}

extension PlanOutcome {
    static let select = "SELECT place, state, move, reason, purpose, bytes FROM plan_rows"

    init(_ row: [CatalogValue]) throws(CatalogError) {
        var reader = RowReader("plan_rows", row)
        place = Int(try reader.integer())
        state = try reader.word(State.self)
        move = try reader.textOrNull()
        reason = try reader.textOrNull()
        purpose = try reader.text()
        bytes = try reader.integer()
    }
}

import SQLiteKit
import Seams
import Tenants
import Testing
import Vocabulary

@Suite struct FreezeTests {
    @Test func `a frozen tenant is in its file alone, reads go on and writes wait in order`() async throws {
        let shelf = try await Shelf()
        let id = try await shelf.make(1000, rows: 20)
        let state = try await shelf.freeze(id)
        let path = shelf.engine.layout.path(of: id, state.generation)
        let found = try await onThread { try FileChecksum.of(path, PosixFiles()) }
        #expect(found.checksum == state.checksum && found.pageCount == state.pageCount && state.txid == TxID(20))
        let done = Order()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<5 {
                group.addTask {
                    try await shelf.run("INSERT INTO t(v) VALUES ('late \(number)')", on: id)
                    done.add(number)
                }
                for _ in 0..<10_000 where shelf.engine.load.waitingWorks <= number { try await sleeping(2_000_000) }
            }
            #expect(try await shelf.run("SELECT count(*) FROM t", on: id) == 20)
            #expect(done.all == [])
            #expect(try await shelf.freeze(id) == state, "freezing again changes nothing")
            try await shelf.engine.thaw(id)
            try await group.waitForAll()
        }
        #expect(try await shelf.run("SELECT count(*) FROM t", on: id) == 25)
        #expect(
            try await shelf.run("SELECT count(*) FROM t WHERE v = 'late ' || (id - 21)", on: id) == 5, "their order")
    }

    @Test func `even the server's own writes cannot change a frozen tenant`() async throws {
        let shelf = try await Shelf()
        let id = try await shelf.make(1000, rows: 1)
        let state = try await shelf.freeze(id)
        await #expect(throws: (any Error).self) {
            try await shelf.engine.perform(on: id) { database in
                try database.own { connection throws(SQLiteError) in
                    try connection.execute("INSERT INTO t(v) VALUES ('own')")
                }
            }
        }
        #expect(try await shelf.freeze(id) == state)
        try await shelf.engine.thaw(id)
        #expect(try await shelf.run("SELECT count(*) FROM t", on: id) == 1)
    }

    @Test func `a transaction that is open may go on to its end, a new one may not begin`() async throws {
        let shelf = try await Shelf()
        let id = try await shelf.make(1000)
        let ticket = try await begin(shelf, id)
        try await withThrowingTaskGroup(of: TenantState?.self) { group in
            group.addTask { try await shelf.freeze(id, patience: 5_000_000_000) }
            try await sleeping(50_000_000)
            group.addTask {
                try await shelf.run("BEGIN IMMEDIATE", on: id)
                return nil
            }
            try await sleeping(50_000_000)
            try await go(on: ticket, ["INSERT INTO t(v) VALUES ('inside')", "COMMIT"], shelf, id)
            let state = try await group.next()!
            #expect(state?.txid == TxID(1))
            try await shelf.engine.thaw(id)
            try await group.waitForAll()
        }
        #expect(try await shelf.run("SELECT count(*) FROM t", on: id) == 2)
    }

    @Test func `patience ends: the freeze is given up, or the transaction`() async throws {
        let shelf = try await Shelf()
        let id = try await shelf.make(1000)
        let ticket = try await begin(shelf, id)
        await #expect(throws: FreezeFailure.stillInUse) { try await shelf.freeze(id, patience: 50_000_000) }
        // Given up means that nothing is parked any more.
        try await go(on: ticket, ["INSERT INTO t(v) VALUES ('goes on')"], shelf, id)
        let state = try await shelf.freeze(id, patience: 50_000_000, ends: true)
        #expect(state.txid == .none)
        try await shelf.engine.thaw(id)
        await #expect(throws: SQLFailure.transactionTimedOut) { try await go(on: ticket, ["COMMIT"], shelf, id) }
        #expect(try await shelf.run("SELECT count(*) FROM t", on: id) == 0)
    }

    @Test func `with reads parked nothing runs, and what waited runs after a thaw`() async throws {
        let shelf = try await Shelf()
        let id = try await shelf.make(1000, rows: 3)
        _ = try await shelf.freeze(id)
        try await shelf.engine.parkReads(id, patience: 0, endingReads: false, sleep: sleeping)
        await #expect(throws: TenantsError.moving(id)) { try await shelf.run("SELECT 1", on: id) }
        try await shelf.engine.thaw(id)
        #expect(try await shelf.run("SELECT count(*) FROM t", on: id) == 3)
    }

    @Test func `reads are not parked before writes are`() async throws {
        let shelf = try await Shelf()
        let id = try await shelf.make(1000, rows: 1)
        await #expect(throws: TenantsError.self) {
            try await shelf.engine.parkReads(id, patience: 0, endingReads: false, sleep: sleeping)
        }
        try await shelf.engine.thaw(id)
        #expect(try await shelf.run("SELECT count(*) FROM t", on: id) == 1)
    }

    // MARK: A client between two requests

    private func begin(_ shelf: Shelf, _ id: TenantID) async throws -> StreamTicket {
        try await shelf.engine.perform(on: id) { database in
            let stream = try database.openStream(principal: 1)
            try run(["BEGIN", "INSERT INTO t(v) VALUES ('first')"], database, stream)
            database.leave(stream)
            return StreamTicket(stream: stream.id, sequence: stream.sequence, principal: 1, isClean: false)
        }
    }

    private func go(on ticket: StreamTicket, _ sql: [String], _ shelf: Shelf, _ id: TenantID) async throws {
        try await shelf.engine.perform(on: id) { database in
            let stream = try database.resumeStream(ticket)
            defer { database.leave(stream) }
            try run(sql, database, stream)
        }
    }
}

private func run(_ sql: [String], _ database: TenantDatabase, _ stream: TenantStream) throws {
    let session = database.session(on: stream, rights: .write, deadline: .distantFuture)
    for text in sql {
        let running = try session.start(text)
        while try running.step() {}
        _ = running.finish()
    }
}

import Catalog
import Testing
import Vocabulary

@Suite struct CatalogWireTests {
    @Test func `random transactions come back as they went`() throws {
        for seed in UInt64(0)..<500 {
            var maker = Maker(random: SeededRandom(seed))
            let transaction = maker.transaction()
            #expect(try CatalogWire.decodeTransaction(try CatalogWire.encode(transaction)) == transaction)
            let outcome = maker.outcome()
            #expect(try CatalogWire.decodeOutcome(try CatalogWire.encode(outcome)) == outcome)
        }
    }

    @Test func `every error comes back as it went`() throws {
        let errors: [CatalogError] = [
            .guardFailed(statement: 3, results: [CatalogRows(rows: [[.null]], affected: 2)]), .conflict(statement: 1),
            .unavailable("é"), .outcomeUnknown(""), .newerSchema(found: 9, known: 1), .olderSchema(found: 0, needed: 1),
            .regressed(tenant: TenantID(.max), known: Epoch(9), found: Epoch(8)), .refused("no"), .damaged("row"),
            .otherCatalog(known: Identity(high: .max, low: 0)), .otherDirectory(NodeID("n1")!),
        ]
        for error in errors {
            #expect(try CatalogWire.decodeOutcome(try CatalogWire.encode(.failure(error))) == .failure(error))
        }
    }

    @Test func `anything cut short or too long is refused`() throws {
        var maker = Maker(random: SeededRandom(1))
        let bytes = try CatalogWire.encode(maker.transaction(statements: 3))
        for count in 0..<bytes.count { #expect(isRefused(Array(bytes[..<count]))) }
        #expect(isRefused(bytes + [0]))
        let outcome = try CatalogWire.encode(maker.outcome())
        for count in 0..<outcome.count {
            guard case .refused = refusal(of: Array(outcome[..<count])) else {
                Issue.record("took \(count) of \(outcome.count) bytes")
                break
            }
        }
    }

    @Test func `damaged bytes never trap and never pass as something else`() throws {
        for seed in UInt64(0)..<300 {
            let random = SeededRandom(seed)
            var maker = Maker(random: random)
            let bytes = try CatalogWire.encode(maker.transaction())
            for _ in 0..<40 {
                var damaged = bytes
                for _ in 0...random.below(3) {
                    damaged[random.below(damaged.count)] = UInt8(truncatingIfNeeded: random.next())
                }
                // What is accepted must be what an encoder writes: one meaning, one spelling.
                if let read = try? CatalogWire.decodeTransaction(damaged) {
                    #expect(try CatalogWire.encode(read) == damaged)
                }
                if let read = try? CatalogWire.decodeOutcome(damaged) {
                    #expect(try CatalogWire.encode(read) == damaged)
                }
            }
        }
    }

    @Test func `a count is not believed before the bytes are there`() {
        // A transaction of four thousand million statements, and a blob of as many bytes.
        #expect(isRefused([1, 0, 0xFF, 0xFF, 0xFF, 0xFF]))
        #expect(isRefused([1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0]))
        #expect(isRefused([2, 0, 0, 0, 0, 0]))
        #expect(isRefused([]))
    }

    @Test func `limits are kept on both sides`() async {
        let many = CatalogTransaction(.read, Array(repeating: CatalogStatement("SELECT 1"), count: 513))
        #expect((try? CatalogWire.encode(many)) == nil)
        let driver = SQLiteCatalogDriver()
        guard case .refused = await failure({ () throws(CatalogError) in try await driver.run(many) }) else {
            Issue.record("ran too many statements")
            return
        }
        let nul = CatalogStatement("SELECT ?1", [.text("a\u{0}b")])
        #expect((try? CatalogWire.encode(CatalogTransaction(.read, [nul]))) == nil)
        let wide = CatalogStatement("SELECT 1", Array(repeating: .null, count: 65))
        #expect((try? CatalogWire.encode(CatalogTransaction(.read, [wide]))) == nil)
        let large = CatalogStatement("SELECT ?1", [.blob(Array(repeating: 0, count: 17 << 20))])
        #expect((try? CatalogWire.encode(CatalogTransaction(.read, [large]))) == nil)
    }

    private func isRefused(_ bytes: [UInt8]) -> Bool {
        do {
            _ = try CatalogWire.decodeTransaction(bytes)
            return false
        } catch {
            if case .refused = error { return true }
            return false
        }
    }

    private func refusal(of bytes: [UInt8]) -> CatalogError? {
        do {
            _ = try CatalogWire.decodeOutcome(bytes)
            return nil
        } catch {
            return error
        }
    }
}

private struct Maker {
    let random: SeededRandom

    func value() -> CatalogValue {
        switch random.below(4) {
        case 0: .null
        case 1: .integer(Int64(bitPattern: random.next()))
        case 2:
            .text(String((0..<random.below(9)).map { _ in ["a", "é", "🏠", "\u{1}"][random.below(4)] as Character }))
        default: .blob(random.bytes(random.below(9)))
        }
    }

    func values() -> [CatalogValue] { (0..<random.below(4)).map { _ in value() } }

    func statement() -> CatalogStatement {
        let expectations: [CatalogExpectation] = [
            .any, .affected(random.below(9)), .rows(random.below(9)), .atLeastOneRow,
        ]
        return CatalogStatement("SELECT \(random.below(99))", values(), expect: expectations[random.below(4)])
    }

    mutating func transaction(statements: Int? = nil) -> CatalogTransaction {
        let operation = CatalogOperation(
            id: OperationID(random: random), at: WallTime(milliseconds: Int64(bitPattern: random.next())),
            repeated: random.below(2) == 0)
        let kinds: [CatalogTransaction.Kind] = [.read, .write(operation), .schema]
        return CatalogTransaction(
            kinds[random.below(3)], (0..<(statements ?? random.below(5))).map { _ in statement() })
    }

    mutating func outcome() -> Result<[CatalogRows], CatalogError> {
        let results = (0..<random.below(4)).map { _ in
            CatalogRows(rows: (0..<random.below(4)).map { _ in values() }, affected: random.below(100))
        }
        return random.below(2) == 0
            ? .success(results) : .failure(.guardFailed(statement: random.below(9), results: results))
    }
}

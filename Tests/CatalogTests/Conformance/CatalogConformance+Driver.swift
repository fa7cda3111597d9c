import Catalog
import Testing
import Vocabulary

extension CatalogConformance {
    private func operation(_ number: UInt64, repeated: Bool = false) -> CatalogTransaction.Kind {
        .write(CatalogOperation(id: OperationID(high: 0, low: number), at: .hours(0), repeated: repeated))
    }

    private func insert(_ jti: String) -> CatalogStatement {
        CatalogStatement(
            "INSERT INTO revoked_tokens (jti, tenant, valid_until) VALUES (?1, 1, 1)", [.text(jti)],
            expect: .affected(1))
    }

    private var count: CatalogStatement { CatalogStatement("SELECT COUNT(*) FROM revoked_tokens") }

    private func counted() async throws -> CatalogValue {
        try await driver.run(CatalogTransaction(.read, [count]))[0].rows[0][0]
    }

    func guardsRollBack() async throws {
        let none = CatalogStatement("SELECT jti FROM revoked_tokens WHERE jti = ?1", [.text("x")], expect: .rows(1))
        let transaction = CatalogTransaction(operation(1), [insert("a"), count, none, insert("b")])
        let failed = await failure { () throws(CatalogError) in try await driver.run(transaction) }
        let seen = [CatalogRows(affected: 1), CatalogRows(rows: [[.integer(1)]]), CatalogRows()]
        #expect(failed == .guardFailed(statement: 2, results: seen))
        #expect(try await counted() == .integer(0))

        let twice = CatalogTransaction(operation(2), [insert("a"), insert("a")])
        #expect(await failure { () throws(CatalogError) in try await driver.run(twice) } == .conflict(statement: 1))
        #expect(try await counted() == .integer(0))

        let nobody = CatalogStatement(
            "UPDATE revoked_tokens SET tenant = 2 WHERE jti = ?1", [.text("x")], expect: .affected(1))
        let updating = CatalogTransaction(operation(3), [insert("a"), nobody])
        let missed = await failure { () throws(CatalogError) in try await driver.run(updating) }
        #expect(missed == .guardFailed(statement: 1, results: [CatalogRows(affected: 1), CatalogRows()]))
        #expect(try await counted() == .integer(0))

        let wrong = CatalogTransaction(operation(4), [insert("a"), CatalogStatement("SELECT nothing FROM nowhere")])
        guard case .refused = await failure({ () throws(CatalogError) in try await driver.run(wrong) }) else {
            throw ConformanceFailure(what: "wrong SQL was not refused")
        }
        #expect(try await counted() == .integer(0))
    }

    func valuesRoundTrip() async throws {
        let numbers: [Int64] = [0, -1, .min, .max]
        let texts = ["", "Zo\u{EB} 🏠 e\u{301}", "'\";--", String(repeating: "x", count: 100_000)]
        let blobs: [[UInt8]] = [[], [0, 255, 0], Array(repeating: 7, count: 100_000)]
        for (index, number) in numbers.enumerated() {
            let text = texts[index]
            let blob = blobs[index % blobs.count]
            let entry = CatalogStatement(
                """
                INSERT INTO audit (recorded, id, actor, action, subject, detail, origin)
                VALUES (?1, ?2, 'x', 'x', ?3, 'x', 'x')
                """, [.integer(Int64(index)), .integer(number), .text(text)])
            let key = CatalogStatement(
                "INSERT INTO signing_keys (kid, public_key, private_key, created) VALUES (?1, ?2, ?2, 1)",
                [.text("k\(index)"), .blob(blob)])
            _ = try await driver.run(CatalogTransaction(operation(UInt64(index)), [entry, key]))
            let reading = CatalogTransaction(
                .read,
                [
                    CatalogStatement("SELECT id, subject FROM audit WHERE recorded = ?1", [.integer(Int64(index))]),
                    CatalogStatement(
                        "SELECT public_key, retired FROM signing_keys WHERE kid = ?1", [.text("k\(index)")]),
                ])
            let read = try await driver.run(reading)
            #expect(read[0].rows == [[.integer(number), .text(text)]])
            #expect(read[1].rows == [[.blob(blob), .null]])
        }
    }

    func operationsHappenOnce() async throws {
        let transaction = CatalogTransaction(operation(1), [insert("a"), count])
        let first = try await driver.run(transaction)
        #expect(first == [CatalogRows(affected: 1), CatalogRows(rows: [[.integer(1)]])])
        _ = try await driver.run(CatalogTransaction(operation(2), [insert("b")]))
        // The stored result, not a new one: it still counts one row.
        #expect(try await driver.run(transaction) == first)
        #expect(try await driver.run(CatalogTransaction(operation(1, repeated: true), [insert("a"), count])) == first)
        #expect(try await counted() == .integer(2))
    }

    /// As when a sender asks again while the first copy is still being committed.
    func copiesAtOnce() async throws {
        for number in 1...8 {
            let transaction = CatalogTransaction(
                operation(UInt64(number), repeated: number % 2 == 0), [insert("a\(number)"), count])
            let results = try await withThrowingTaskGroup(of: [CatalogRows].self) { group in
                for _ in 0..<4 { group.addTask { try await driver.run(transaction) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let expected = [CatalogRows(affected: 1), CatalogRows(rows: [[.integer(Int64(number))]])]
            #expect(results == Array(repeating: expected, count: 4))
        }
        #expect(try await counted() == .integer(8))
    }

    /// All raise one counter: none is lost, none sees another's number.
    func operationsAtOnce() async throws {
        let raise = CatalogStatement(
            "UPDATE change_counters SET seq = seq + 1 WHERE bucket = 0", expect: .affected(1))
        let read = CatalogStatement("SELECT seq FROM change_counters WHERE bucket = 0")
        let seen = try await withThrowingTaskGroup(of: CatalogValue.self) { group in
            for number in UInt64(1)...24 {
                let transaction = CatalogTransaction(operation(number), [raise, read])
                group.addTask { try await insistently(transaction)[1].rows[0][0] }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        for number in Int64(1)...24 { #expect(seen.filter { $0 == .integer(number) }.count == 1) }
    }

    /// What lost too often against others did nothing, and is tried again.
    private func insistently(_ transaction: CatalogTransaction) async throws -> [CatalogRows] {
        for _ in 0..<50 {
            do { return try await driver.run(transaction) } catch CatalogError.unavailable { continue }
        }
        throw ConformanceFailure(what: "lost against the others 50 times")
    }

    func sealed() async throws {
        let done = CatalogTransaction(operation(1), [insert("a")])
        let results = try await driver.run(done)
        let seal = CatalogStatement("INSERT INTO catalog_identity (id, identity) VALUES (2, 'moved elsewhere')")
        _ = try await driver.run(CatalogTransaction(.schema, [seal]))
        #expect(try await CatalogSeal.read(driver) == .moved(to: "elsewhere"))
        for repeated in [false, true] {
            let late = CatalogTransaction(operation(2, repeated: repeated), [insert("b")])
            let refusal = await failure { () throws(CatalogError) in try await driver.run(late) }
            #expect(refusal == .unavailable(CatalogSeal.moved(to: "elsewhere").description))
        }
        // What it had acknowledged it still does.
        #expect(try await driver.run(done) == results)
        #expect(try await counted() == .integer(1))
        _ = try await driver.run(
            CatalogTransaction(.schema, [CatalogStatement("DELETE FROM catalog_identity WHERE id = 2")]))
        _ = try await driver.run(CatalogTransaction(operation(2), [insert("b")]))
        #expect(try await counted() == .integer(2))
    }

    func nulRefused() async throws {
        let transaction = CatalogTransaction(operation(1), [insert("a"), insert("b\0c")])
        guard case .refused(let why) = await failure({ () throws(CatalogError) in try await driver.run(transaction) })
        else { throw ConformanceFailure(what: "a NUL was not refused") }
        #expect(why.contains("NUL"))
        #expect(try await counted() == .integer(0))
    }

    func repeatedRefusalBinds() async throws {
        _ = try await driver.run(CatalogTransaction(operation(1), [insert("a")]))
        // The second copy overtakes the first and is refused; then the reason goes away; then the first arrives.
        let late = CatalogTransaction(operation(2), [insert("a")])
        let copy = CatalogTransaction(operation(2, repeated: true), [insert("a")])
        #expect(await failure { () throws(CatalogError) in try await driver.run(copy) } == .conflict(statement: 0))
        _ = try await driver.run(
            CatalogTransaction(operation(3), [CatalogStatement("DELETE FROM revoked_tokens WHERE jti = 'a'")]))
        #expect(await failure { () throws(CatalogError) in try await driver.run(late) } == .conflict(statement: 0))
        #expect(try await counted() == .integer(0))
    }

    func schema() async throws {
        try await CatalogSchema.verify(driver)
        // Again: nothing to do.
        try await CatalogSchema.migrate(driver, dialect: .sqlite, at: .hours(1))
        #expect(try await CatalogIdentity.read(driver) == nil)
        let identity = try await CatalogIdentity.establish(driver, random: SeededRandom(1))
        #expect(try await CatalogIdentity.establish(driver, random: SeededRandom(2)) == identity)
        #expect(try await CatalogIdentity.read(driver) == identity)
        let newer = CatalogStatement("INSERT INTO catalog_schema (version, applied) VALUES (99, 0)")
        _ = try await driver.run(CatalogTransaction(operation(1), [newer]))
        let refusal = CatalogError.newerSchema(found: 99, known: CatalogSchema.current)
        #expect(await failure { () throws(CatalogError) in try await CatalogSchema.verify(driver) } == refusal)
        let migrating = await failure { () throws(CatalogError) in
            try await CatalogSchema.migrate(driver, dialect: .sqlite, at: .hours(1))
        }
        #expect(migrating == refusal)
        _ = try await driver.run(
            CatalogTransaction(operation(2), [CatalogStatement("DELETE FROM catalog_schema")]))
        let older = await failure { () throws(CatalogError) in try await CatalogSchema.verify(driver) }
        #expect(older == .olderSchema(found: 0, needed: CatalogSchema.current))
    }
}

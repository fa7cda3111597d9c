import Catalog
import Synchronization
import Testing
import Vocabulary

/// What writers were told, held against what is there.
struct Ledger: Sendable {
    var acknowledged: [String: TenantID] = [:]
    /// They were told that nothing had happened.
    var refused: Set<String> = []
    /// Of the acknowledged, those that began when the faults were over.
    var acknowledgedAfterwards = 0

    private final class Progress: Sendable {
        struct State {
            var ledger = Ledger()
            var areFaultsOver = false
            var isStopped = false
        }

        private let state = Mutex(State())

        func withLock<Value: Sendable>(_ body: (inout sending State) -> sending Value) -> Value { state.withLock(body) }
    }

    /// Makes tenants from several writers while `faults` runs, and for a while afterwards.
    static func load(
        _ driver: any CatalogDriver, writers: Int, faults: @escaping @Sendable () async throws -> Void
    ) async throws -> Ledger {
        _ = try await NodeRows(.real(driver)).register(.init(id: node("n1"), address: ""), at: .hours(0))
        let progress = Progress()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    let tenants = TenantRows(.real(driver))
                    var number = 0
                    while !progress.withLock({ $0.isStopped }) {
                        number += 1
                        let name = "w\(writer)-\(number)"
                        let isLate = progress.withLock { $0.areFaultsOver }
                        do throws(CatalogError) {
                            let outcome = try await tenants.create(.init(key: key(name)), on: node("n1"), at: .hours(0))
                            guard case .created(let row) = outcome else {
                                Issue.record("\(name): \(outcome), and nobody else makes it")
                                return
                            }
                            progress.withLock {
                                $0.ledger.acknowledged[name] = row.id
                                $0.ledger.acknowledgedAfterwards += isLate ? 1 : 0
                            }
                        } catch .outcomeUnknown {
                            continue
                        } catch .unavailable {
                            _ = progress.withLock { $0.ledger.refused.insert(name) }
                        } catch {
                            Issue.record("\(name): \(error)")
                        }
                    }
                }
            }
            group.addTask {
                do {
                    try await faults()
                } catch {
                    progress.withLock { $0.isStopped = true }
                    throw error
                }
                progress.withLock { $0.areFaultsOver = true }
                for _ in 0..<100 where progress.withLock({ $0.ledger.acknowledgedAfterwards }) < 10 {
                    try await pause(0.1)
                }
                progress.withLock { $0.isStopped = true }
            }
            try await group.waitForAll()
        }
        return progress.withLock { $0.ledger }
    }

    static func check(
        _ driver: any CatalogDriver, acknowledged: [String: TenantID], refused: Set<String>
    ) async throws {
        let store = CatalogStore.real(driver)
        var found: [String: TenantID] = [:]
        var last: TenantKey?
        while true {
            let page = try await TenantRows(store).list(after: last, limit: 1000)
            for row in page { #expect(found.updateValue(row.id, forKey: row.key.string) == nil) }
            guard let end = page.last else { break }
            last = end.key
        }
        for (name, id) in acknowledged { #expect(found[name] == id, "\(name) was acknowledged") }
        for name in refused { #expect(found[name] == nil, "\(name) was refused") }
        #expect(try await PlacementRows(store).counts().values.reduce(0, +) == found.count)
        // One entry each in the change log, which has no gaps.
        let log = ChangeLog(store)
        let positions = try await log.positions()
        #expect(positions.reduce(0, +) == UInt64(found.count))
        for (bucket, position) in positions.enumerated() where position > 0 && position <= UInt64(ChangeLog.page) {
            #expect(try await log.changes(in: bucket, after: 0).map(\.seq) == Array(1...position))
        }
    }
}

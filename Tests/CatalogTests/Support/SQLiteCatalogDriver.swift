import Catalog
import Synchronization

/// A driver over one plain SQLite connection. Transactions run on the caller's thread, one at a time.
final class SQLiteCatalogDriver: CatalogDriver {
    /// The connection is used under the lock only.
    private struct Box: @unchecked Sendable {
        let connection: SQLiteCatalogConnection
    }

    private let box: Mutex<Box>

    init(path: String = ":memory:") {
        box = Mutex(Box(connection: SQLiteCatalogConnection(path: path)))
    }

    func run(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows] {
        try box.withLock { box throws(CatalogError) in try CatalogExecutor.run(transaction, on: box.connection) }
    }
}

/// A driver that sends everything through the wire format, as a remote one does.
struct WireDriver: CatalogDriver {
    let base: any CatalogDriver

    func run(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows] {
        let received = try CatalogWire.decodeTransaction(try CatalogWire.encode(transaction))
        let outcome: Result<[CatalogRows], CatalogError>
        do { outcome = .success(try await base.run(received)) } catch { outcome = .failure(error) }
        return try CatalogWire.decodeOutcome(try CatalogWire.encode(outcome)).get()
    }
}

/// A driver that does to the Nth transaction what a network does.
final class FaultyDriver: CatalogDriver {
    enum Fault: Sendable {
        /// Never arrives.
        case loseRequest
        /// Happens, but nobody hears of it.
        case loseAnswer
        /// Nobody hears of it, and it happens only when `deliverDelayed` is called.
        case delay
    }

    private struct State {
        var count = 0
        var faults: [Int: Fault] = [:]
        /// Of the next one that is an operation.
        var ofWrite: Fault?
        var delayed: [CatalogTransaction] = []
    }

    private let base: any CatalogDriver
    private let state = Mutex(State())

    init(_ base: any CatalogDriver) { self.base = base }

    /// Plans a fault for the transaction that is `ahead` transactions away; 0 is the next.
    func plan(_ fault: Fault, ahead: Int = 0) {
        state.withLock { $0.faults[$0.count + ahead] = fault }
    }

    /// Plans a fault for the next transaction that is an operation.
    func planWrite(_ fault: Fault) { state.withLock { $0.ofWrite = fault } }

    /// Lets everything arrive that was delayed.
    func deliverDelayed() async -> [Result<[CatalogRows], CatalogError>] {
        let delayed = state.withLock { state in
            defer { state.delayed = [] }
            return state.delayed
        }
        var outcomes: [Result<[CatalogRows], CatalogError>] = []
        for transaction in delayed {
            do { outcomes.append(.success(try await base.run(transaction))) } catch { outcomes.append(.failure(error)) }
        }
        return outcomes
    }

    func run(_ transaction: CatalogTransaction) async throws(CatalogError) -> [CatalogRows] {
        let fault = state.withLock { state in
            defer { state.count += 1 }
            if case .write = transaction.kind, let fault = state.ofWrite {
                state.ofWrite = nil
                return fault as Fault?
            }
            return state.faults.removeValue(forKey: state.count)
        }
        switch fault {
        case nil: return try await base.run(transaction)
        case .loseRequest: throw .outcomeUnknown("request lost")
        case .loseAnswer:
            _ = try await base.run(transaction)
            throw .outcomeUnknown("answer lost")
        case .delay:
            state.withLock { $0.delayed.append(transaction) }
            throw .outcomeUnknown("request delayed")
        }
    }
}

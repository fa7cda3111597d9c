import CSQLite
import SQLiteKit
import Seams
import Simulator
import Synchronization
import Vocabulary

@testable import Tenants

/// Works one tenant with random commits of every shape and keeps its model.
final class TenantDriver: @unchecked Sendable {
    // @unchecked: `pending` belongs to the driver's task; everything else is constant or guarded.
    let model: ModelTenant
    private let engine: TenantEngine
    private let random: SeededRandom
    private let template: Template
    private var pending: [TestWork] = []
    private let reader: OpenReader

    static let schema = """
        PRAGMA auto_vacuum=%MODE%;
        CREATE TABLE t(id INTEGER PRIMARY KEY, k INTEGER, v BLOB);
        CREATE INDEX tk ON t(k);
        """

    static func schema(_ random: SeededRandom) -> String {
        let mode = ["none", "full", "incremental"][random.below(3)]
        return schema.replacing("%MODE%", with: mode)
    }

    init(_ model: ModelTenant, _ engine: TenantEngine, template: Template, seed: UInt64) {
        self.model = model
        self.engine = engine
        self.template = template
        random = SeededRandom(seed: seed)
        reader = OpenReader(model)
    }

    /// - Parameter mayGoOn: false ends it at the next step.
    func run(steps: Int, while mayGoOn: @Sendable () -> Bool) async {
        for _ in 0..<steps where mayGoOn() {
            await step()
            while pending.count > 6 { await pending.removeFirst().ended() }
        }
        for work in pending { await work.ended() }
        pending = []
    }

    private func step() async {
        if model.now.facts == nil || random.once(in: 60) {
            submit(random.once(in: 3) && model.now.facts != nil ? drop() : create())
            return
        }
        if random.once(in: 12) { return await interactive() }
        if random.once(in: 20) { return submit(reader.turn()) }
        if random.once(in: 25) { return await compact() }
        let work = statement(on: nil) { random in Change.random(random) }
        submit(work)
        if random.once(in: 3) { await work.ended() }
    }

    private func submit(_ work: TestWork) {
        engine.submit(work, to: model.id)
        pending.append(work)
    }

    // MARK: Coming and going

    private func create() -> TestWork {
        let seen = Mutex(0)
        return TestWork(
            onTenant: { [model, engine, template] tenant in
                do {
                    let (facts, lsn) = try engine.createNow(model.id, template: template, epoch: .first)
                    tenant.noteEvent(lsn)
                    model.append(ModelState(facts: facts))
                } catch TenantsError.alreadyExists {
                    if model.now.facts == nil { model.violate("it exists and should not") }
                } catch {
                    return true
                }
                // That it is there already tells of its creation and of nothing later.
                seen.withLock { $0 = model.arrival }
                return true
            }, onRelease: { [model] in model.tell(seen.withLock { $0 }) })
    }

    private func drop() -> TestWork {
        let seen = Mutex(0)
        let path = Mutex<String?>(nil)
        return TestWork(
            onTenant: { [model, engine] tenant in
                if tenant.mustAwaitReaders(recalling: true) { return true }
                guard let (facts, _) = try? engine.dropNow(tenant) else { return true }
                model.append(ModelState())
                seen.withLock { $0 = model.version }
                path.withLock { $0 = engine.layout.path(of: model.id, facts.generation) }
                return true
            },
            onRelease: { [model, engine] in
                model.tell(seen.withLock { $0 })
                if let path = path.withLock({ $0 }) { engine.removals.add(path) }
            })
    }

    // MARK: Compaction

    /// Its answer tells of everything before it. Other works of the driver may be under way meanwhile.
    private func compact() async {
        let (model, engine) = (model, engine)
        await withCheckedContinuation { continuation in
            let seen = Mutex(0)
            let work = VacuumWork(
                onDone: { database, _ in
                    if database.state != model.now.facts { model.violate("the compaction was not told of") }
                    seen.withLock { $0 = model.version }
                },
                onEnd: { result in
                    if result != nil { model.tell(seen.withLock { $0 }) }
                    continuation.resume()
                })
            engine.submit(work, to: model.id)
        }
    }

    // MARK: Statements

    /// One statement; with a ticket, on the stream that it names and without a commit of its own.
    private func statement(on ticket: StreamTicket?, _ choose: @escaping @Sendable (SeededRandom) -> Change) -> TestWork
    {
        let seen = Mutex(0)
        let seed = random.next()
        return TestWork(
            onRelease: { [model] in model.tell(seen.withLock { $0 }) },
            onDatabase: { [model] database in
                let change = choose(SeededRandom(seed: seed))
                let outcome = Session(database, model).perform(change)
                seen.withLock { $0 = model.version }
                return outcome
            })
    }

    /// BEGIN, some statements in works of their own, COMMIT or ROLLBACK.
    private func interactive() async {
        let transaction = OpenTransaction(model)
        var ids = [transaction.begin()]
        for _ in 0..<(1 + random.below(4)) { ids.append(transaction.change(seed: random.next())) }
        ids.append(random.once(in: 4) ? transaction.rollBack() : transaction.commit())
        for work in ids {
            engine.submit(work, to: model.id)
            // The next request of a stream comes after the last one's answer.
            await work.ended()
        }
    }
}

/// One statement of a caller, and what it does to the model's rows.
enum Change {
    case insert(ids: ClosedRange<Int64>, bytes: Int, seed: UInt64)
    case update(above: Int64, bytes: Int, seed: UInt64)
    case delete(above: Int64)
    case createTable(Int)
    case dropTable(Int)
    case vacuum(Int)
    case duplicate
    case read

    static func random(_ random: SeededRandom) -> Change {
        let start = Int64(random.below(200))
        switch random.below(20) {
        case 0...6:
            return .insert(ids: start...(start + Int64(random.below(8))), bytes: random.below(400), seed: random.next())
        case 7: return .insert(ids: start...start, bytes: random.below(60_000), seed: random.next())
        case 8: return .insert(ids: 0...150, bytes: 300 + random.below(3_000), seed: random.next())
        case 9...11: return .update(above: start, bytes: random.below(600), seed: random.next())
        case 12, 13: return .delete(above: start)
        case 14: return .delete(above: -1)
        case 15: return .createTable(random.below(4))
        case 16: return .dropTable(random.below(4))
        case 17: return .vacuum(random.below(50))
        case 18: return .duplicate
        default: return .read
        }
    }
}

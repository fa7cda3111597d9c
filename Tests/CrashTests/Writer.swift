import Foundation
import Processes
import Simulator

/// Sends transactions in every shape that a client may, and tells the ledger how each ended.
struct Writer: Sendable {
    private let ledger: Ledger
    private let port: Int
    private let random: SeededRandom

    /// The connection broke, or the server does not know.
    private struct Lost: Error {}

    init(_ ledger: Ledger, port: Int, seed: UInt64) {
        self.ledger = ledger
        self.port = port
        random = SeededRandom(seed: seed)
    }

    func run(_ transactions: Int) {
        guard let wire = try? Wire(port: port) else { return }
        var left = transactions
        while left > 0, let (index, model) = ledger.claim(random.below(ledger.count)) {
            defer { ledger.release(index) }
            left -= 1
            do {
                if random.once(in: 8) {
                    try compact(index, wire)
                    continue
                }
                switch random.below(4) {
                case 0: try separate(index, model, wire)
                case 1: try interactive(index, model, wire)
                default: try batch(index, model, wire)
                }
            } catch {
                return
            }
        }
    }

    private func send(_ index: Int, _ body: String, _ wire: Wire) throws -> Wire.Answer {
        let answer = try wire.send("POST", "/t/\(ledger.name(index))/v3/pipeline", body)
        if answer.status == 504 || answer.text.contains("outcome_unknown") { throw Lost() }
        return answer
    }

    // MARK: Shapes

    /// BEGIN to COMMIT in one request, each step on condition of the one before.
    private func batch(_ index: Int, _ model: Model, _ wire: Wire) throws {
        let transaction = Transaction.random(after: model, random)
        let statements = ["BEGIN IMMEDIATE"] + transaction.statements + [transaction.commits ? "COMMIT" : "ROLLBACK"]
        let steps = statements.enumerated().map { number, sql -> [String: Any] in
            var step: [String: Any] = ["stmt": ["sql": sql]]
            if number > 0 { step["condition"] = ["type": "ok", "step": number - 1] }
            return step
        }
        do {
            let answer = try send(
                index, HranaText.pipeline([["type": "batch", "batch": ["steps": steps]]]), wire)
            if answer.lastStepSucceeded { ledger.confirm(index, transaction.result) }
        } catch {
            ledger.doubt(index, [transaction.result])
            throw error
        }
    }

    /// Statements without a transaction: each is a commit, and any number of them may be there.
    private func separate(_ index: Int, _ model: Model, _ wire: Wire) throws {
        var states = [model]
        var statements: [String] = []
        for _ in 0..<(1 + random.below(3)) {
            let change = Change.random(random)
            var next = states.last!
            change.apply(to: &next, model.version)
            statements.append(change.sql(model.version))
            states.append(next)
        }
        do {
            let answer = try send(index, HranaText.pipeline(statements.map { HranaText.execute($0) }), wire)
            let done = statements.indices.prefix { answer.rows($0) != nil }.count
            ledger.confirm(index, states[done])
        } catch {
            ledger.doubt(index, Array(states.dropFirst()))
            throw error
        }
    }

    /// Nothing of the content changes, however it ends.
    private func compact(_ index: Int, _ wire: Wire) throws {
        let answer = try send(index, HranaText.pipeline([HranaText.execute("VACUUM")]), wire)
        if answer.rows() != nil { ledger.noteCompaction() }
    }

    /// A request for each statement, tied together by batons. In doubt is only what was asked to be committed.
    private func interactive(_ index: Int, _ model: Model, _ wire: Wire) throws {
        let transaction = Transaction.random(after: model, random)
        var baton: String?
        for sql in ["BEGIN"] + transaction.statements {
            let answer = try send(
                index, HranaText.pipeline([HranaText.execute(sql)], baton: baton, close: false), wire)
            guard answer.rows() != nil, let next = answer.object["baton"] as? String else { return }
            baton = next
        }
        do {
            let end = HranaText.execute(transaction.commits ? "COMMIT" : "ROLLBACK")
            let answer = try send(index, HranaText.pipeline([end], baton: baton), wire)
            if answer.rows() != nil { ledger.confirm(index, transaction.result) }
        } catch {
            ledger.doubt(index, [transaction.result])
            throw error
        }
    }
}

extension Wire.Answer {
    /// The last step of the first request, a batch, has a result.
    var lastStepSucceeded: Bool {
        guard let results = object["results"] as? [[String: Any]],
            let response = results.first?["response"] as? [String: Any],
            let batch = response["result"] as? [String: Any], let steps = batch["step_results"] as? [Any]
        else { return false }
        return !(steps.last is NSNull?)
    }
}

import Foundation
import Processes
import Simulator

/// Creates, fills, deletes, brings back and purges tenants.
struct Operator: Sendable {
    private let register: Register
    private let port: Int
    private let random: SeededRandom

    init(_ register: Register, port: Int, seed: UInt64) {
        self.register = register
        self.port = port
        random = SeededRandom(seed: seed)
    }

    func run(_ steps: Int) {
        guard let wire = try? Wire(port: port) else { return }
        var left = steps
        while left > 0 {
            left -= 1
            let (key, state) = register.claim(random.below(1_000), new: random.once(in: 3))
            let step = Step.random(from: state, random)
            do {
                let isDone = try step.perform(key, wire)
                register.release(key) { state, doubts in
                    switch isDone {
                    case true?: state = step.next
                    case false?: break
                    case nil: doubts = step.doubts
                    }
                }
            } catch {
                register.release(key) { $1 = step.doubts }
                return
            }
        }
    }
}

/// What an operator asks for.
private struct Step {
    let method: String
    let path: String
    let body: String?
    let accepted: Int
    let next: Register.State
    /// What it may come to where no answer comes.
    let doubts: [Register.State]

    init(
        _ method: String, _ path: String, _ body: String? = nil, accepted: Int, next: Register.State,
        over: [Register.State] = []
    ) {
        self.method = method
        self.path = path
        self.body = body
        self.accepted = accepted
        self.next = next
        doubts = over + [next]
    }

    static func random(from state: Register.State, _ random: SeededRandom) -> Step {
        switch state {
        case .absent:
            return Step("POST", "/v1/tenants", "{\"key\":\"*\"}", accepted: 201, next: .ready(0))
        case .ready(let rows):
            switch random.below(5) {
            case 0: return Step("DELETE", "/v1/tenants/*", accepted: 202, next: .deleted(rows))
            case 1:
                // Deletes first: either may be as far as it came.
                return Step(
                    "DELETE", "/v1/tenants/*?purge=true", accepted: 204, next: .absent, over: [.deleted(rows)])
            default:
                let insert = HranaText.execute(
                    "INSERT INTO t(id, n, size, v) VALUES (\(rows + 1), 0, 5, 'guest')")
                return Step(
                    "POST", "/t/*/v3/pipeline", HranaText.pipeline([insert]), accepted: 200, next: .ready(rows + 1))
            }
        case .deleted(let rows):
            if random.once(in: 2) { return Step("POST", "/v1/tenants/*/undelete", accepted: 200, next: .ready(rows)) }
            return Step("DELETE", "/v1/tenants/*?purge=true", accepted: 204, next: .absent)
        }
    }

    /// - Returns: whether it was done; nil where nobody knows.
    func perform(_ key: String, _ wire: Wire) throws -> Bool? {
        let answer = try wire.send(
            method, path.replacingOccurrences(of: "*", with: key), body?.replacingOccurrences(of: "*", with: key))
        if answer.status == 504 || answer.text.contains("outcome_unknown") { return nil }
        // A statement's own failure stands inside a good answer.
        return answer.status == accepted && !answer.text.contains("\"error\"")
    }
}

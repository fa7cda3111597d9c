import Foundation
import Processes

/// Writers on connections of their own, until the server is gone.
final class Load: @unchecked Sendable {
    // @unchecked: the threads are made once and joined once.
    private let ledger: Ledger
    private let port: Int
    private let connections: Int
    private let seed: UInt64
    private let group = DispatchGroup()

    init(ledger: Ledger, port: Int, connections: Int, seed: UInt64) {
        self.ledger = ledger
        self.port = port
        self.connections = connections
        self.seed = seed
    }

    func start() {
        for number in 0..<connections {
            group.enter()
            let thread = Thread { [self] in
                write(seed &* 1_000 &+ UInt64(number))
                group.leave()
            }
            thread.stackSize = 1 << 20
            thread.start()
        }
    }

    func join() { group.wait() }

    private func write(_ seed: UInt64) {
        var random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        guard let wire = try? Wire(port: port) else { return }
        while true {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            guard let index = ledger.claim(Int(random % UInt64(ledger.count))) else { return }
            defer { ledger.release(index) }
            // Mostly small rows, now and then one of many pages.
            let size = random % 20 == 0 ? 200_000 : Int(random >> 40) % 3_000
            do {
                let answer = try wire.send(
                    "POST", "/t/\(ledger.name(index))/v3/pipeline", Ledger.commit(ledger.next(index), size: size))
                guard answer.status == 200, isCommitted(answer) else {
                    // Said no: nothing happened, unless it says that it does not know.
                    if answer.status == 504 { ledger.doubt(index) }
                    continue
                }
                ledger.confirm(index)
            } catch {
                ledger.doubt(index)
                return
            }
        }
    }

    /// The last step of the batch, COMMIT, has a result.
    private func isCommitted(_ answer: Wire.Answer) -> Bool {
        guard let results = answer.object["results"] as? [[String: Any]],
            let response = results.first?["response"] as? [String: Any],
            let batch = response["result"] as? [String: Any], let steps = batch["step_results"] as? [Any]
        else { return false }
        return steps.count == 5 && !(steps[4] is NSNull)
    }
}

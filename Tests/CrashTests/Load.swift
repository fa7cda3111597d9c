import Foundation
import Processes
import Simulator

/// Writers, readers and an operator on connections of their own, until they have done enough or the server is gone.
final class Load: @unchecked Sendable {
    // @unchecked: the threads are made once and joined once.
    private let ledger: Ledger
    private let register: Register
    private let port: Int
    private let random: SeededRandom
    private let group = DispatchGroup()

    init(_ ledger: Ledger, _ register: Register, port: Int, seed: UInt64) {
        self.ledger = ledger
        self.register = register
        self.port = port
        random = SeededRandom(seed: seed)
    }

    /// - Parameter transactions: of each writer; the others end with them.
    func start(writers: Int, transactions: Int = .max, readers: Int = 2, operators: Int = 1) {
        for _ in 0..<writers {
            let writer = Writer(ledger, port: port, seed: random.next())
            spawn { writer.run(transactions) }
        }
        for _ in 0..<operators {
            let register = register
            let seed = random.next()
            spawn { [port] in Operator(register, port: port, seed: seed).run(transactions) }
        }
        for _ in 0..<readers {
            let reader = Reader(ledger, port: port, seed: random.next())
            spawn { reader.run(transactions) }
        }
    }

    func join() { group.wait() }

    private func spawn(_ body: @escaping @Sendable () -> Void) {
        group.enter()
        let thread = Thread { [group] in
            body()
            group.leave()
        }
        thread.stackSize = 1 << 20
        thread.start()
    }
}

/// Looks at versions: what was once shown must stay (rule J1).
struct Reader: Sendable {
    private let ledger: Ledger
    private let port: Int
    private let random: SeededRandom

    init(_ ledger: Ledger, port: Int, seed: UInt64) {
        self.ledger = ledger
        self.port = port
        random = SeededRandom(seed: seed)
    }

    func run(_ reads: Int) {
        guard let wire = try? Wire(port: port) else { return }
        var left = reads
        while left > 0 {
            left -= 1
            let index = random.below(ledger.count)
            let text = HranaText.pipeline([HranaText.execute("SELECT version FROM meta")])
            guard let answer = try? wire.send("POST", "/t/\(ledger.name(index))/v3/pipeline", text) else { return }
            if let version = answer.rows()?.first?.first.flatMap({ $0 }).flatMap({ Int($0) }) {
                ledger.show(index, version: version)
            }
        }
    }
}

import NIOCore
import Testing

@testable import DataPlane

/// When a request may be sent again, and when not: without a network.
struct RelayMachineTests {
    private func machine() -> RelayMachine { RelayMachine(gathered: 100) }

    private func sending() -> RelayMachine {
        var machine = machine()
        machine.begin()
        return machine
    }

    private func sent() -> RelayMachine {
        var machine = sending()
        machine.written()
        return machine
    }

    @Test func `no connection: nothing was executed`() {
        var machine = machine()
        #expect(machine.lost() == .fail(.unreachable))
        #expect(machine.lost() == .none)
    }

    @Test func `lost before all was sent: once more, but only once`() {
        var machine = sending()
        #expect(machine.lost() == .sendAgain)
        #expect(machine.phase == .waiting)
        machine.begin()
        #expect(machine.lost() == .fail(.unreachable))
    }

    @Test func `lost after all was sent: nobody knows, and it is never sent again`() {
        var machine = sent()
        #expect(machine.lost() == .fail(.outcomeUnknown))
        #expect(machine.phase == .over)
    }

    @Test func `the second attempt is judged by what it sent itself`() {
        var machine = sending()
        #expect(machine.lost() == .sendAgain)
        machine.begin()
        machine.written()
        #expect(machine.lost() == .fail(.outcomeUnknown))
    }

    @Test func `out of time there is no second attempt`() {
        var machine = sending()
        #expect(machine.overdue() == .fail(.unreachable))
        machine = sent()
        #expect(machine.overdue() == .fail(.outcomeUnknown))
    }

    @Test func `an owner that only looked at the signature has executed nothing, and says why`() {
        let reasons: [(String, RelayFailure)] = [
            ("signature", .unrecognised), ("clock", .unrecognised), ("crowded", .crowded), ("restarted", .unreachable),
            ("of a newer version", .unrecognised),
        ]
        for (name, failure) in reasons {
            var machine = sent()
            let refusal = RelayRefusals.failure(name)
            #expect(machine.head(status: 400, length: 2, hasBody: true, refusal: refusal) == .none)
            #expect(machine.body() == .gather)
            #expect(machine.end() == .fail(failure))
        }
    }

    @Test func `short answers are gathered, long ones and those of unknown length streamed`() {
        var machine = sent()
        #expect(machine.head(status: 200, length: 100, hasBody: true) == .none)
        #expect(machine.body() == .gather)
        #expect(machine.end() == .answer)
        #expect(machine.leavesConnectionClean)
        for length in [101, nil] {
            machine = sent()
            #expect(machine.head(status: 200, length: length, hasBody: true) == .beginStream(length: length))
            #expect(machine.body() == .passOn)
            #expect(machine.end() == .endStream)
            #expect(machine.leavesConnectionClean)
        }
    }

    @Test func `an answer that breaks off: unknown while the client has none of it, else cut`() {
        var machine = sent()
        _ = machine.head(status: 200, length: 10, hasBody: true)
        #expect(machine.lost() == .fail(.outcomeUnknown))
        machine = sent()
        _ = machine.head(status: 200, length: nil, hasBody: true)
        #expect(machine.lost() == .cut)
        #expect(!machine.leavesConnectionClean)
    }

    @Test func `an answer before the whole request was taken leaves no clean connection`() {
        var machine = sending()
        #expect(machine.head(status: 413, length: 0, hasBody: true) == .none)
        #expect(machine.end() == .answer)
        #expect(!machine.leavesConnectionClean)
    }

    @Test func `421 is gathered for us, whatever its length`() {
        var machine = sent()
        #expect(machine.head(status: 421, length: nil, hasBody: true) == .none)
        #expect(machine.body() == .gather)
        #expect(machine.end() == .redirect)
        machine = sent()
        _ = machine.head(status: 421, length: 10, hasBody: true)
        #expect(machine.lost() == .fail(.outcomeUnknown))
    }

    @Test func `an abandoned exchange does nothing more, and spoils its connection`() {
        var machine = sent()
        machine.abandon()
        #expect(machine.lost() == .none)
        #expect(machine.body() == .none)
        #expect(!machine.leavesConnectionClean)
    }
}

/// Which connection a request goes out on.
struct RelayPoolTests {
    private final class Line {}
    private typealias Pool = RelayPool<Line, Int>

    private func use(_ lease: Pool.Lease) -> Line? { if case .use(let line) = lease { line } else { nil } }

    @Test func `the one used last is used first, and the others are closed when idle`() {
        var pool = Pool(most: 3, mostWaiting: 9)
        let lines = [Line(), Line()]
        for (index, line) in lines.enumerated() {
            _ = pool.lease(index, fresh: false)
            #expect(pool.demand() == 1)
            pool.connected()
            #expect(pool.nextWaiting() == index)
            _ = line
        }
        pool.keep(lines[0], at: .uptimeNanoseconds(1))
        pool.keep(lines[1], at: .uptimeNanoseconds(2))
        #expect(use(pool.lease(7, fresh: false)) === lines[1])
        #expect(pool.takeIdle(since: .uptimeNanoseconds(1)).count == 1)
        pool.closed(lines[0])
        #expect(pool.open == 1)
        #expect(use(pool.lease(8, fresh: false)) == nil)
        #expect(pool.demand() == 1)
    }

    @Test func `a fresh one is never an idle one`() {
        var pool = Pool(most: 3, mostWaiting: 9)
        _ = pool.lease(1, fresh: false)
        _ = pool.demand()
        pool.connected()
        _ = pool.nextWaiting()
        pool.keep(Line(), at: .uptimeNanoseconds(1))
        #expect(use(pool.lease(2, fresh: true)) == nil)
        #expect(pool.demand() == 1)
    }

    @Test func `no more are opened than wait, nor than there may be`() {
        var pool = Pool(most: 2, mostWaiting: 4)
        // Two will be taken as soon as their connections are open, four wait behind them.
        for number in 0..<6 {
            if case .wait = pool.lease(number, fresh: false) {} else { Issue.record("it should wait") }
        }
        #expect(pool.demand() == 2)
        #expect(pool.demand() == 0)
        if case .refuse = pool.lease(5, fresh: false) {} else { Issue.record("it should be refused") }
        pool.connected()
        #expect(pool.nextWaiting() == 0)
        // The other could not be opened: its waiter is told, and there is room for another attempt.
        pool.failed()
        #expect(pool.nextWaiting() == 1)
        #expect(pool.demand() == 1)
        #expect(!pool.isUnused)
    }
}

import Terminal
import Testing

struct ProgressTests {
    @Test func `Rate and time left appear after a second`() {
        var line = ProgressLine(label: "copying", done: 12 << 20, total: 24 << 20, elapsed: .milliseconds(500))
        #expect(line.text(width: nil) == "copying [##########          ] 50 %  12 MiB of 24 MiB")
        line.elapsed = .seconds(2)
        #expect(line.text(width: nil).hasSuffix("  6 MiB/s  2 s left"))
        #expect(TerminalText.width(line.text(width: 30)) == 30)
    }

    @Test func `A size of nothing is complete, more than all is not over`() {
        #expect(ProgressLine(label: "x", done: 0, total: 0, elapsed: .zero).text(width: nil).contains("100 %"))
        #expect(ProgressLine(label: "x", done: 9, total: 3, elapsed: .zero).text(width: nil).contains("100 %"))
        #expect(ProgressLine(label: "frozen", done: 0, total: nil, elapsed: .zero).text(width: nil) == "frozen")
    }

    @Test func `Things are counted as well as bytes`() {
        let line = ProgressLine(label: "draining n2", done: 30, total: 120, elapsed: .seconds(4), unit: "tenants")
        #expect(line.text(width: nil) == "draining n2 [#####               ] 25 %  30 of 120 tenants  7.5/s  12 s left")
    }

    private func move(_ json: String) -> JSONValue { JSONValue(parsing: Array(json.utf8)) ?? .null }

    @Test func `A move is watched until it ends`() {
        let watch = MoveWatch(id: "m1", patience: .seconds(60))
        guard case .wait(let line, let pause) = watch.step(move(#"{"state":"copying","bytes":5}"#), elapsed: .zero)
        else {
            Issue.record("a copying move is waited for")
            return
        }
        #expect(line.label == "copying" && pause == .milliseconds(50))
        #expect(
            watch.step(
                move(#"{"state":"done","tenant":"acme","to":"n2","bytes":8192,"pauseMS":3.5}"#), elapsed: .seconds(1))
                == .done("moved acme to n2, 8 KiB, writes paused 3.5 ms"))
        guard case .failed(let failure) = watch.step(move(#"{"state":"aborted","reason":"disk full"}"#), elapsed: .zero)
        else {
            Issue.record("an aborted move is a failure")
            return
        }
        #expect(failure.status == .failed && failure.message.contains("disk full"))
    }

    @Test func `The watch ends although the move does not`() {
        let watch = MoveWatch(id: "m1", patience: .seconds(60))
        guard case .failed(let failure) = watch.step(move(#"{"state":"tailing"}"#), elapsed: .seconds(60)) else {
            Issue.record("patience ends")
            return
        }
        #expect(failure.advice?.contains("rowhouse move show m1") == true)
    }

    @Test func `Objects are listed and shown`() {
        let tenant = move(
            #"{"key":"acme","state":"ready","node":"n1","bytes":8192,"txid":3,"zeta":{"a":1},"labels":null}"#)
        #expect(
            Listing.tenants.table([tenant], width: nil) == """
                KEY   STATE  NODE   SIZE  TXID  SCHEMA  CREATED
                acme  ready  n1    8 KiB     3  -       -

                """)
        #expect(
            Listing.tenants.details(tenant) == """
                key     acme
                state   ready
                node    n1
                bytes   8 KiB
                txid    3
                labels  -
                zeta    {"a":1}

                """)
    }
}

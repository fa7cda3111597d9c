import Terminal

/// Asks for a move's state until it ends or patience does, and shows how far it is.
struct MoveFollower {
    let client: RemoteClient
    let id: String
    let patience: Duration

    /// - Parameter first: the move as it was when it was made.
    func follow(from first: JSONValue, json: Bool) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let watch = MoveWatch(id: id, patience: patience)
        var move = first
        while true {
            switch watch.step(move, elapsed: clock.now - start) {
            case .wait(let line, let pause):
                Console.show(line)
                try await clock.sleep(for: pause)
                move = try await client.call(.get, RequestPath.build(["v1", "moves", id]))
            case .done(let summary):
                Console.endProgress()
                Console.write((json ? move.text(pretty: true) : TerminalText.visible(summary)) + "\n")
                return
            case .failed(let failure):
                Console.endProgress()
                if json { Console.write(move.text(pretty: true) + "\n") }
                throw failure
            }
        }
    }
}

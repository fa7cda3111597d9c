/// Follows a move from the answers to `GET /v1/moves/{id}` until it ends or the patience does.
package struct MoveWatch: Sendable {
    package enum Step: Sendable, Equatable {
        /// Show this, ask again after the pause.
        case wait(ProgressLine, pause: Duration)
        /// The tenant is on the other node.
        case done(String)
        case failed(CommandFailure)
    }

    private let id: String
    private let patience: Duration

    package init(id: String, patience: Duration) {
        self.id = id
        self.patience = patience
    }

    /// - Parameters:
    ///   - move: the move as the control plane shows it.
    ///   - elapsed: since the watch began.
    package func step(_ move: JSONValue, elapsed: Duration) -> Step {
        let state = move["state"]?.string ?? "unknown"
        switch state {
        case "done": return .done(summary(move))
        case "aborted":
            let reason = move["reason"]?.string ?? "no reason given"
            return .failed(
                CommandFailure(
                    .failed, "the move was given up: \(reason)",
                    advice: "the tenant stays where it was; ask for the move again when the reason is gone"))
        default: break
        }
        guard elapsed < patience else {
            return .failed(
                CommandFailure(
                    .failed, "the move is still \(state) after \(HumanText.duration(elapsed)) and goes on",
                    advice: "see `rowhouse move show \(id)`; end it with `rowhouse move cancel \(id)`"))
        }
        let line = ProgressLine(
            label: state + behind(move), done: move["bytes"]?.integer ?? 0, total: move["bytesTotal"]?.integer,
            elapsed: elapsed)
        return .wait(line, pause: elapsed < .seconds(2) ? .milliseconds(50) : .milliseconds(500))
    }

    /// While what changes is being followed.
    private func behind(_ move: JSONValue) -> String {
        guard let lag = move["lag"]?.integer, lag > 0 else { return "" }
        let pause =
            move["predictedPauseMS"].flatMap(Self.milliseconds).map { ", a pause of \(HumanText.duration($0))" } ?? ""
        return ", \(HumanText.size(lag)) behind\(pause)"
    }

    private func summary(_ move: JSONValue) -> String {
        let place = "moved \(move["tenant"]?.string ?? "the tenant") to \(move["to"]?.string ?? "its new node")"
        let bytes = move["bytes"]?.integer.map { ", \(HumanText.size($0))" } ?? ""
        let pause = move["pauseMS"].flatMap(Self.milliseconds).map { ", writes paused \(HumanText.duration($0))" } ?? ""
        return place + bytes + pause
    }

    private static func milliseconds(_ value: JSONValue) -> Duration? {
        switch value {
        case .integer(let number): .milliseconds(number)
        case .number(let number): .seconds(number / 1000)
        default: nil
        }
    }
}

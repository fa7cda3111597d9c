import ArgumentParser
import Terminal

struct RebalanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebalance", abstract: "Plan what tenants should move between nodes, and have it done.",
        subcommands: [Plan.self, List.self, Show.self, Apply.self, Status.self, Pause.self, Resume.self])
}

extension RebalanceCommand {
    struct Plan: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what should move and why; nothing is changed.",
            discussion: "The plan is kept for a while: `rowhouse rebalance apply` has it carried out.")

        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let plan = try await remote.client().call(.post, "/v1/plans")
            Console.write(remote.json ? plan.text(pretty: true) + "\n" : PlanText(plan).text(width: Console.width))
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the plans that are kept, the newest first.")

        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            try await Pages(path: ["v1", "plans"]).show(remote, as: .plans)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a plan, and what came of it.")

        @Argument(help: "The plan's id.") var id: String
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let plan = try await remote.client().call(.get, RequestPath.build(["v1", "plans", id]))
            Console.write(remote.json ? plan.text(pretty: true) + "\n" : PlanText(plan).text(width: Console.width))
        }
    }

    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have a plan carried out, as long as it has not expired.",
            discussion: "What has changed since it was made is skipped, never forced.")

        @Argument(help: "The plan's id.") var id: String
        @Flag(help: "Wait until it has ended, and show how far it is.") var watch = false
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let client = try remote.client()
            if change.dryRun {
                let plan = try await client.call(.get, RequestPath.build(["v1", "plans", id]))
                let moves = plan["moves"]?.integer ?? 0
                guard plan["state"]?.string == "planned" else {
                    throw CommandFailure(.conflict, "plan \(id) is not waiting: \(PlanText(plan).progress)")
                }
                return remote.rehearsed("carry out", "plan \(id): \(moves) moves", ["plan": .string(id)])
            }
            let plan = try await client.call(.post, RequestPath.build(["v1", "plans", id, "apply"]))
            guard !watch else { return try await PlanFollower(client: client, id: id).follow(json: remote.json) }
            guard !remote.json else { return Console.write(plan.text(pretty: true) + "\n") }
            Console.write(TerminalText.visible("plan \(id): \(PlanText(plan).progress)") + "\n")
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show who carries plans out, and how far the last one is.")

        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            let state = try await remote.client().call(.get, "/v1/rebalancing")
            Console.write(remote.json ? state.text(pretty: true) + "\n" : PlanText.status(state, width: Console.width))
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begin no move for a while; what is under way goes on. Drains wait too.")

        @Option(help: "For how long, such as 30m or 2h; at most 30d.") var `for` = "1h"
        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            guard !change.dryRun else { return remote.rehearsed("begin", "no move for \(self.for)") }
            try await RebalanceCommand.change(.string(self.for), remote)
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Go on after a pause.")

        @OptionGroup var change: DryRunOption
        @OptionGroup var remote: RemoteOptions

        func run() async throws {
            guard !change.dryRun else { return remote.rehearsed("begin", "moves again") }
            try await RebalanceCommand.change(.null, remote)
        }
    }

    fileprivate static func change(_ pause: JSONValue, _ remote: RemoteOptions) async throws {
        let state = try await remote.client().call(.patch, "/v1/rebalancing", body: .object(["pauseFor": pause]))
        Console.write(remote.json ? state.text(pretty: true) + "\n" : PlanText.status(state, width: Console.width))
    }
}

/// Asks for a plan's state until it has ended.
struct PlanFollower {
    let client: RemoteClient
    let id: String

    private static let look = Duration.milliseconds(500)

    func follow(json: Bool) async throws {
        let clock = ContinuousClock()
        let start = clock.now
        while true {
            let plan = try await client.call(.get, RequestPath.build(["v1", "plans", id]))
            let text = PlanText(plan)
            guard plan["state"]?.string != "ended" else {
                Console.endProgress()
                Console.write(json ? plan.text(pretty: true) + "\n" : text.text(width: Console.width))
                let failed = plan["counts"]?["failed"]?.integer ?? 0
                guard failed == 0 else {
                    throw CommandFailure(
                        .failed, "\(HumanText.count(failed, "move")) failed", advice: "make a new plan for what is left"
                    )
                }
                return
            }
            Console.show(text.progressLine(elapsed: clock.now - start))
            try await clock.sleep(for: Self.look)
        }
    }
}

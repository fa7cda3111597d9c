import Contract

/// `/v1/plans` and `/v1/rebalancing`: what their calls are.
enum PlanOperations {
    private static let id = Operation.Parameter(.path, "id", .string(length: 1...200), "The plan's id.")
    private static let plan = Operation.Content.json(.named("Plan"))
    private static let state = Operation.Content.json(.named("Rebalancing"))

    static let make = Operation(
        "makePlan", "POST", "/v1/plans", tag: "Rebalancing", "Plans what should move, and changes nothing",
        details: "Carry it out with `POST /v1/plans/{id}/apply` before it expires.",
        caller: .scope("operator"),
        answers: [.init(201, "The plan.", plan, headers: ["Location"])], failures: [.nodeAlone])

    static let list = Operation(
        "listPlans", "GET", "/v1/plans", tag: "Rebalancing",
        "Lists the plans that are kept, the newest first, all on one page",
        caller: .scope("read"), parameters: [.limit, .cursor],
        answers: [
            .init(
                200, "The plans, without their rows.",
                .json(.object([.init("items", .list(PlanOutlineObject.schema)), .init("next", .orNull(.text))])))
        ])

    static let show = Operation(
        "showPlan", "GET", "/v1/plans/{id}", tag: "Rebalancing", "Shows a plan, and what came of it",
        caller: .scope("read"), parameters: [id], answers: [.init(200, "The plan.", plan)], failures: [.notFound])

    static let apply = Operation(
        "applyPlan", "POST", "/v1/plans/{id}/apply", tag: "Rebalancing", "Has a plan carried out",
        details: """
            By the controller, one plan after the other, a few moves at once. Each row is checked again before it begins; one whose \
            tenant or nodes have changed is skipped.
            """,
        caller: .scope("operator"), parameters: [id], answers: [.init(202, "The plan.", plan)],
        failures: [.notFound, .planExpired, .nodeAlone])

    static let status = Operation(
        "showRebalancing", "GET", "/v1/rebalancing", tag: "Rebalancing",
        "Shows who carries plans out, and the last one",
        caller: .scope("read"), answers: [.init(200, "How it stands.", state)])

    static let change = Operation(
        "changeRebalancing", "PATCH", "/v1/rebalancing", tag: "Rebalancing", "Pauses or resumes it",
        details: "What is under way goes on; nothing new is begun, drains included.",
        caller: .scope("operator"), body: [.json(RebalancingBody.schema)],
        answers: [.init(200, "How it stands.", state)])

    static let all = [make, list, show, apply, status, change]
}

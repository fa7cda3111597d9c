import Contract

/// What a node says of itself.
enum ProbeOperations {
    static let health = Operation(
        "health", "GET", "/healthz", tag: "Node", "Whether the process lives; also while it recovers", caller: .anybody,
        answers: [.init(200, "It does.", .json(.object([.init("status", .choice(["alive"]))])))])

    static let readiness = Operation(
        "readiness", "GET", "/readyz", tag: "Node", "Whether the node serves", caller: .anybody,
        answers: [
            .init(200, "It serves.", .json(.object([.init("status", .choice(["ready"]))]))),
            .init(
                503, "It does not yet, or not any more.",
                .json(
                    .object([
                        .init("status", .choice(["recovering", "stopping"])),
                        .optional("progress", .number, "Of recovery, from 0 to 1."),
                    ]))),
        ])

    static let version = Operation(
        "version", "GET", "/version", tag: "Node", "What runs here", caller: .known,
        answers: [
            .init(
                200, "Versions.",
                .json(
                    .object([
                        .init("version", .text), .init("sqlite", .text), .init("protocol", .integer()),
                        .init("format", .integer()),
                    ])))
        ])

    static let metrics = Operation(
        "metrics", "GET", "/metrics", tag: "Node", "Counters and times, as Prometheus reads them",
        caller: .scope("read"),
        answers: [.init(200, "The page.", .init("text/plain; version=0.0.4", .text))])

    static let document = Operation(
        "document", "GET", "/openapi.json", tag: "Node", "This document", caller: .anybody,
        answers: [.init(200, "OpenAPI 3.1.", .json(.object([.init("openapi", .text)])))])

    static let all = [health, readiness, version, metrics, document]
}

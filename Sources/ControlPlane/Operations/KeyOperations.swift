import Contract

/// `/v1/keys`: what its calls are.
enum KeyOperations {
    private static let kid = Operation.Parameter(.path, "kid", .string(length: 1...200), "The key's id.")

    static let list = Operation(
        "listKeys", "GET", "/v1/keys", tag: "Keys", "Lists the keys that tenants' tokens are signed with",
        details: "Their public halves; the private ones are never shown.", caller: .scope("read"),
        answers: [
            .init(200, "The keys, the oldest first, all on one page.", .json(ControlSchemas.page(of: "SigningKey")))
        ])

    static let add = Operation(
        "rotateKey", "POST", "/v1/keys", tag: "Keys", "Makes a key that is to sign",
        details: """
            It signs when every node knows it, some seconds from now; until then, and for as long as it is not retired or \
            removed, the one before is good. Nothing is refused meanwhile.
            """,
        caller: .scope("admin"),
        answers: [.init(201, "The key.", .json(.named("SigningKey")), headers: ["Location"])], failures: [.tooManyKeys])

    static let retire = Operation(
        "retireKey", "POST", "/v1/keys/{kid}/retire", tag: "Keys", "Lets a key sign no more",
        details: "What it has signed stays valid.", caller: .scope("admin"), parameters: [kid],
        answers: [.init(200, "The key.", .json(.named("SigningKey")))], failures: [.notFound, .keyInUse])

    static let remove = Operation(
        "removeKey", "DELETE", "/v1/keys/{kid}", tag: "Keys", "Removes a key",
        details: "Every token that it has signed is refused: here at once, elsewhere within a second.",
        caller: .scope("admin"),
        parameters: [
            kid,
            .init(
                .query, "force", .boolean,
                "Also where the key that is to sign instead may not be known everywhere yet: for a key that has leaked."
            ),
        ],
        answers: [.init(204, "It is gone.")], failures: [.notFound, .keyInUse])

    static let all = [list, add, retire, remove]
}

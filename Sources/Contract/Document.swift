package import FoundationEssentials

/// The API's document in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1.html), made from its operations.
package struct Document: Sendable {
    package let title: String
    package let version: String
    package let text: String
    package let operations: [Operation]
    package let schemas: [String: Schema]

    /// - Precondition: ids, and methods at one path, are unique; each named schema is there.
    package init(title: String, version: String, text: String, operations: [Operation], schemas: [String: Schema]) {
        precondition(Set(operations.map(\.id)).count == operations.count, "two operations have one id")
        precondition(
            Set(operations.map { "\($0.method) \($0.path)" }).count == operations.count, "two operations at one place")
        self.title = title
        self.version = version
        self.text = text
        self.operations = operations
        self.schemas = schemas
    }

    /// The same bytes each time.
    package func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return try encoder.encode(json)
    }

    var json: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": .string(title), "version": .string(version), "description": .string(text),
                "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
            ],
            "servers": [["url": "/"]],
            "paths": .object(paths),
            "components": [
                "schemas": .object(schemas.mapValues(\.json)),
                "responses": .object(failures),
                "securitySchemes": [
                    "token": [
                        "type": "http", "scheme": "bearer",
                        "description":
                            "An admin token, or one of a tenant's. None where no credentials are configured.",
                    ]
                ],
            ],
            "x-error-codes": .array(
                FailureCode.all.map {
                    ["code": .string($0.name), "status": .int(Int64($0.status)), "meaning": .string($0.meaning)]
                }),
        ]
    }

    private var failures: [String: JSONValue] {
        let all = Set(operations.flatMap(\.failureAnswers))
        return Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.json) })
    }

    private var paths: [String: JSONValue] {
        Dictionary(grouping: operations, by: \.path).mapValues { operations in
            .object(Dictionary(uniqueKeysWithValues: operations.map { ($0.method.lowercased(), $0.json) }))
        }
    }
}
